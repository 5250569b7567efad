import type { z } from "zod";
import { type Args, defineKind, inNetns, type Kind } from "../../core/kind";
import { unsetValue } from "../../core/unset";
import type { Host } from "../../host";
import { at, ifName, parseAt } from "../../schema/fields";
import { type Link, showLink } from "../../tools/ip/links";
import { changedWords, creation, ensureLink } from "./ensure";
import {
  importableInputs,
  linkOutputs,
  listedTypes,
  listLinks,
  type ObservedLink,
  observedAs,
  removeLink,
} from "./link";
import { deviceArgs, type LinkArgs, type LinkDefaults, linkArgs, linkRules, portRules } from "./options";

/** An input of one type of link. A plain value of `ip link` needs no more than `input`, `word` and `read`. */
export interface TypeOption {
  readonly input: z.ZodType;
  /** Its word behind `ip link add ... type TYPE`. */
  readonly word?: string;
  /** All its words, where it is not one word and the value. */
  words?(value: never): string[];
  /** It is changed by a command of its own, before all others. */
  readonly isFirst?: boolean;
  /** It names the link below, which `ip link add` takes before the name: `link eth0`. */
  readonly isLower?: boolean;
  /** The value in `linkinfo.info_data` of `ip -d -j`, or elsewhere in what that prints of the link. */
  read(data: Readonly<Record<string, unknown>>, link: Link): unknown;
}

type TypeOptions = Readonly<Record<string, TypeOption>>;
type OptionArgs<T extends TypeOptions> = { readonly [K in keyof T]: T[K]["input"] };

const familyArgs = {
  /** Name, 1 to 15 characters. */
  name: ifName.meta({ replace: true }),
  ...inNetns,
  ...linkArgs,
  ...deviceArgs,
} as const;

type LinkKindArgs<T extends TypeOptions, P extends z.ZodRawShape> = OptionArgs<T> & P & typeof familyArgs;

interface LinkDefinition<T extends TypeOptions, P extends z.ZodRawShape> {
  readonly type: string;
  /** What `ip link add ... type` calls it. */
  readonly linkType: string;
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly options: T;
  /** What `ip link set` takes for links that can be ports: `portArgs`, or nothing. */
  readonly args: P;
  rules?(args: Args<LinkKindArgs<T, P>>): Iterable<readonly [property: string, rule: string]>;
  /** What the kernel gives these links when nobody asks, where that is not what most have. */
  readonly unset?: Partial<LinkDefaults>;
  /** The same, where it depends on other links: it is asked for when an input was taken away. */
  lookUp?(host: Host, args: Args<LinkKindArgs<T, P>>): Promise<Partial<LinkDefaults>>;
  /** Why the link has no MAC address of its own: it is given none, and none is read. Default: it has one. */
  noMac?(inputs: Args<LinkKindArgs<T, P>>): string | undefined;
  /** Does the kernel, when nobody asks, give it the MAC address of the link below? Default: one is drawn. */
  readonly followsMac?: boolean;
  /** Commands after the one that makes the link, in place of saying the mtu in that one. */
  pinMtu?(args: LinkArgs): string[][];
  /** Which links of the type did the kernel not make by itself? Default: all. */
  isListed?(link: Link): boolean;
}

/** A kind of link: what is the same for all is here, what differs is data. */
export function defineLink<T extends TypeOptions, P extends z.ZodRawShape>(
  definition: LinkDefinition<T, P>,
): Kind<LinkKindArgs<T, P>, typeof linkOutputs, ObservedLink> {
  const { type, linkType, options, pinMtu, lookUp } = definition;
  listedTypes.add(linkType);
  const inputs = Object.fromEntries(Object.entries(options).map(([key, { input }]) => [key, input]));
  const said = [true, false].map((isFirst) => {
    const those = Object.entries(options).filter(([, option]) => (option.isFirst ?? false) === isFirst);
    return Object.fromEntries(those.map(([key, option]) => [key, { words: wordsOf(option) }]));
  });
  const lowers = Object.entries(options).filter(([, { isLower }]) => isLower);

  function observedOf(link: Link, owner: string): ObservedLink {
    const data = link.linkinfo?.info_data ?? {};
    const own = Object.fromEntries(Object.entries(options).map(([key, { read }]) => [key, read(data, link)]));
    const { inputs, detail, ...observed } = observedAs(link, linkType, owner);
    const shared = definition.noMac?.(own as never) ? { mac: undefined } : {};
    const unset = definition.unset && { unset: definition.unset };
    return { ...observed, inputs: { ...inputs, ...shared, ...own }, detail: { ...detail, ...unset } } as ObservedLink;
  }

  // What the family does with the inputs needs no more than the common ones; `Kind` tells all of them.
  const args: typeof familyArgs = {
    ...familyArgs,
    ...definition.args,
    ...inputs,
  };
  const kind = defineKind({
    type,
    summary: definition.summary,
    tags: ["link", "addressed", ...(definition.tags ?? [])],
    args,
    outputs: linkOutputs,
    needs: ["ip"],
    idForm: "`NAME@NETNS`",
    id: ({ name, netns }) => at(name, netns),
    disturbs: ({ netns }) => [netns],

    *rules(args) {
      yield* linkRules(args);
      yield* portRules(args);
      const noMac = definition.noMac?.(args as never);
      if (noMac && args.mac) yield ["mac", `must not be given: ${noMac}`];
      if ("link" in args && args.link === args.name) yield ["link", "must be another link"];
      yield* definition.rules?.(args as never) ?? [];
    },

    async observe(host, args, recorded) {
      const link = await showLink(host, args.netns, args.name);
      if (!link) return undefined;
      const observed = observedOf(link, args.owner);
      const isKnown = recorded && !recorded.imported;
      const isGone = (key: "mtu" | "mac") => args[key] === undefined && (!isKnown || recorded[key] !== undefined);
      if (!lookUp || !(isGone("mtu") || isGone("mac"))) return observed;
      const { mac, ...found } = await lookUp(host, { ...args, ...observed.inputs } as never);
      const unset = { ...definition.unset, ...found, ...(definition.followsMac && { mac }) };
      return { ...observed, detail: { ...observed.detail, unset } };
    },

    async ensure(host, args, observed, recorded) {
      const { words, made } = creation(
        pinMtu ? { ...args, mtu: undefined } : args,
        args.owner,
        ...(definition.followsMac || definition.noMac?.(args as never) ? [args.mac ?? ""] : []),
      );
      const values = args as Readonly<Record<string, unknown>>;
      const below = lowers.flatMap(([key]) => (values[key] === undefined ? [] : ["link", String(values[key])]));
      const wanted = said.map((each) => changedWords(each, args, observed?.inputs ?? {}));
      const add = ["link", "add", ...below, "name", args.name, ...words, "type", linkType, ...wanted.flat()];
      const changed = wanted.filter((each) => each.length > 0);
      const set = changed.map((each) => ["link", "set", "dev", args.name, "type", linkType, ...each]);
      const first = observed ? set : [add, ...(pinMtu?.(args) ?? [])];
      const link = await ensureLink(host, args, args.owner, first, observed ?? made, recorded);
      return { observed: link && observedOf(link, args.owner) };
    },

    remove: removeLink,

    imports: {
      parse: parseAt,
      list: (host, netns) => listLinks(host, netns, linkType, definition.isListed),
      inputs: ({ owner }, observed) => ({ ...importableInputs(owner, observed), ...importableOptions(observed) }),
    },
  });

  /** The options without those that are as the kernel makes them. */
  function importableOptions(observed: ObservedLink): object {
    const values = observed.inputs as Readonly<Record<string, unknown>>;
    const entries = Object.entries(options).map(([key, { input }]) => [
      key,
      values[key] === unsetValue(input, observed) ? undefined : values[key],
    ]);
    return Object.fromEntries(entries);
  }

  return kind as unknown as Kind<LinkKindArgs<T, P>, typeof linkOutputs, ObservedLink>;
}

function wordsOf({ word, words, isLower }: TypeOption): (value: never) => string[] {
  if (words) return words;
  return (value: unknown) => {
    if (isLower || word === undefined || value === undefined) return [];
    return [word, typeof value === "boolean" ? String(Number(value)) : String(value)];
  };
}
