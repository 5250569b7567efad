import type { z } from "zod";
import { type Args, defineKind, inNetns, type Kind } from "../../core/kind";
import { unsetValue } from "../../core/unset";
import type { Host } from "../../host";
import { at, ifName, parseAt } from "../../schema/fields";
import { type Link, showLink } from "../../tools/ip/links";
import { changedWords, creation, ensureLink } from "./ensure";
import {
  importableInputs,
  type LinkArgs,
  linkArgs,
  linkOutputs,
  linkRules,
  listLinks,
  type ObservedLink,
  observedAs,
  portRules,
  promiscuous,
  removeLink,
} from "./link";

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
  /** Does the link take frames that are not for it (`promisc`)? */
  promiscuous,
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
  /** Is the MAC address that of the link below, and not its own? */
  sharesMac?(data: Readonly<Record<string, unknown>>): boolean;
  /** The mtu that the kernel chooses when nobody asks for one. Default: 1500. */
  unsetMtu?(host: Host, args: Args<LinkKindArgs<T, P>>): Promise<number>;
  /** Commands after the one that makes the link, in place of saying the mtu in that one. */
  pinMtu?(args: LinkArgs): string[][];
  /** Which links of the type did the kernel not make by itself? Default: all. */
  isListed?(link: Link): boolean;
}

/** A kind of link: what is the same for all is here, what differs is data. */
export function defineLink<T extends TypeOptions, P extends z.ZodRawShape>(
  definition: LinkDefinition<T, P>,
): Kind<LinkKindArgs<T, P>, typeof linkOutputs, ObservedLink> {
  const { type, linkType, options, pinMtu, unsetMtu } = definition;
  const inputs = Object.fromEntries(Object.entries(options).map(([key, { input }]) => [key, input]));
  const said = [true, false].map((isFirst) => {
    const those = Object.entries(options).filter(([, option]) => (option.isFirst ?? false) === isFirst);
    return Object.fromEntries(those.map(([key, option]) => [key, { words: wordsOf(option) }]));
  });
  const lowers = Object.entries(options).filter(([, { isLower }]) => isLower);

  function observedOf(link: Link, owner: string): ObservedLink {
    const data = link.linkinfo?.info_data ?? {};
    const own = Object.entries(options).map(([key, { read }]) => [key, read(data, link)]);
    const observed = observedAs(link, linkType, owner);
    // To set the address of the link below is not ours.
    const shared = definition.sharesMac?.(data) ? { mac: undefined } : {};
    return { ...observed, inputs: { ...observed.inputs, ...shared, ...Object.fromEntries(own) } };
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
    tags: ["link", ...(definition.tags ?? [])],
    args,
    outputs: linkOutputs,
    needs: ["ip"],
    idForm: "`NAME@NETNS`",
    id: ({ name, netns }) => at(name, netns),

    *rules(args) {
      yield* linkRules(args);
      yield* portRules(args);
      if ("link" in args && args.link === args.name) yield ["link", "must be another link"];
      yield* definition.rules?.(args as never) ?? [];
    },

    async observe(host, args, recorded) {
      const link = await showLink(host, args.netns, args.name);
      if (!link) return undefined;
      const observed = observedOf(link, args.owner);
      const wasAskedFor = recorded && !recorded.imported ? recorded.mtu !== undefined : true;
      if (!unsetMtu || args.mtu !== undefined || !wasAskedFor) return observed;
      const there = { ...args, ...observed.inputs } as never;
      return { ...observed, detail: { ...observed.detail, unsetMtu: await unsetMtu(host, there) } };
    },

    async ensure(host, args, observed, recorded) {
      const { words, made } = creation(pinMtu ? { ...args, mtu: undefined } : args, args.owner);
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
