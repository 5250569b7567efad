import type { z } from "zod";
import { type Args, defineKind, inNetns, type Kind } from "../../core/kind";
import { unsetValue } from "../../core/unset";
import type { Host } from "../../host";
import type { Tool } from "../../host/requirements";
import { at, ifName, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type Link, showLink } from "../../tools/ip/links";
import { birthplaceOf, createdInRules, withBirthplace } from "./created-in";
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
import { ensureSides, showSides } from "./side-inputs";

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
  /** It is the namespace that the link is made in, before it is moved into `netns`. */
  readonly isBirthplace?: boolean;
  /** It is the type, one of several that the kind has. */
  readonly isType?: boolean;
  /** ip wants it in every change, too. */
  readonly isAlways?: boolean;
  /** The value in `linkinfo.info_data` of `ip -d -j`, or elsewhere in what that prints of the link. */
  read(data: Readonly<Record<string, unknown>>, link: Link): unknown;
}

type TypeOptions = Readonly<Record<string, TypeOption>>;
/** What only links of the kind have, and nobody asks for. */
interface TypeOutput {
  readonly output: z.ZodType;
  read(link: Link): unknown;
}

type TypeOutputs = Readonly<Record<string, TypeOutput>>;
type OutputShape<Out extends TypeOutputs> = typeof linkOutputs & { readonly [K in keyof Out]: Out[K]["output"] };
type OptionArgs<T extends TypeOptions> = { readonly [K in keyof T]: T[K]["input"] };

const familyArgs = {
  /** Name, 1 to 15 characters. */
  name: ifName.meta({ replace: true }),
  ...inNetns,
  ...linkArgs,
  ...deviceArgs,
} as const;

type LinkKindArgs<T extends TypeOptions, P extends z.ZodRawShape> = OptionArgs<T> & P & typeof familyArgs;

const missing = ["mac", "arp"] as const;
type Missing = (typeof missing)[number];

interface LinkDefinition<T extends TypeOptions, P extends z.ZodRawShape, Out extends TypeOutputs> {
  readonly type: string;
  /** What `ip link add ... type` calls it; or all that it may call it, of which an option says the one. */
  readonly linkType: string | readonly string[];
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly options: T;
  readonly outputs?: Out;
  /** The system commands that it needs. Default: `ip`. */
  readonly needs?: readonly Tool[];
  /** What `ip link set` takes for links that can be ports: `portArgs`, or nothing. */
  readonly args: P;
  rules?(args: Args<LinkKindArgs<T, P>>): Iterable<readonly [property: string, rule: string]>;
  /** What the kernel gives these links when nobody asks, where that is not what most have; or how that follows from their own inputs. */
  readonly unset?: Partial<LinkDefaults> | ((inputs: Args<LinkKindArgs<T, P>>) => Partial<LinkDefaults>);
  /** The same, where it depends on other links: it is asked for when an input was taken away. */
  lookUp?(host: Host, args: Args<LinkKindArgs<T, P>>): Promise<Partial<LinkDefaults>>;
  /** Which of these the links do not have as their own, and why: they are given none, and none is read. Default: they have all. */
  lacks?(inputs: Args<LinkKindArgs<T, P>>): { readonly [K in Missing]?: string | undefined };
  /** Does the kernel, when nobody asks, give it the MAC address of the link below? Default: one is drawn. */
  readonly followsMac?: boolean;
  /** Commands after the one that makes the link, in place of saying the mtu in that one. */
  pinMtu?(args: LinkArgs): string[][];
  /** Does a change of its options give the link the mtu again that the kernel chooses? Default: no. */
  readonly resetsMtu?: boolean;
  /** Which links of the type did the kernel not make by itself? Default: all. */
  isListed?(link: Link): boolean;
}

/** A kind of link: what is the same for all is here, what differs is data. */
export function defineLink<
  T extends TypeOptions,
  P extends z.ZodRawShape,
  Out extends TypeOutputs = Record<never, never>,
>(definition: LinkDefinition<T, P, Out>): Kind<LinkKindArgs<T, P>, OutputShape<Out>, ObservedLink> {
  const { type, options, pinMtu, lookUp } = definition;
  const linkTypes = [definition.linkType].flat();
  const typeKey = Object.keys(options).find((key) => options[key]?.isType);
  const isMoved = Object.values(options).some(({ isBirthplace }) => isBirthplace);
  const whole = (host: Host, netns: string | undefined, link: Link) =>
    isMoved ? withBirthplace(host, netns, link) : link;
  for (const each of linkTypes) listedTypes.set(each, definition.isListed ?? (() => true));
  const inputs = Object.fromEntries(Object.entries(options).map(([key, { input }]) => [key, input]));
  const said = [true, false].map((isFirst) => {
    const those = Object.entries(options).filter(([, option]) => (option.isFirst ?? false) === isFirst);
    return Object.fromEntries(those.map(([key, option]) => [key, { words: wordsOf(option) }]));
  });
  const alwaysSaid = Object.entries(options).filter(([, { isAlways }]) => isAlways);
  const always = Object.fromEntries(alwaysSaid.map(([key, option]) => [key, { words: wordsOf(option) }]));
  const ownOutputs = Object.entries(definition.outputs ?? {});
  const lowers = Object.entries(options).filter(([, { isLower }]) => isLower);

  function lacksOf(inputs: object): (readonly [Missing, string])[] {
    const reasons = definition.lacks?.(inputs as never);
    return missing.flatMap((key) => (reasons?.[key] ? [[key, reasons[key]] as const] : []));
  }

  function observedOf(link: Link, owner: string): ObservedLink {
    const data = link.linkinfo?.info_data ?? {};
    const own = Object.fromEntries(Object.entries(options).map(([key, { read }]) => [key, read(data, link)]));
    const { inputs, outputs, detail, ...observed } = observedAs(link, linkTypes, owner);
    const more = Object.fromEntries(ownOutputs.map(([key, { read }]) => [key, read(link)]));
    const lacked = Object.fromEntries(lacksOf(own).map(([key]) => [key, undefined]));
    const { unset } = definition;
    const its = unset && { unset: typeof unset === "function" ? unset(own as never) : unset };
    return {
      ...observed,
      inputs: { ...inputs, ...lacked, ...own },
      outputs: { ...outputs, ...more },
      detail: { ...detail, ...its },
    } as ObservedLink;
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
    outputs: { ...linkOutputs, ...Object.fromEntries(ownOutputs.map(([key, { output }]) => [key, output])) },
    needs: definition.needs ?? ["ip"],
    idForm: "`NAME@NETNS`",
    id: ({ name, netns }) => at(name, netns),
    disturbs: ({ netns }) => [netns],

    *rules(args) {
      yield* linkRules(args);
      yield* portRules(args);
      yield* createdInRules(args);
      for (const [key, why] of lacksOf(args)) if (args[key] !== undefined) yield [key, `must not be given: ${why}`];
      if ("link" in args && args.link === args.name && birthplaceOf(args) === args.netns)
        yield ["link", "must be another link"];
      yield* definition.rules?.(args as never) ?? [];
    },

    async observe(host, args, recorded) {
      const found = await showLink(host, args.netns, args.name);
      if (!found) return undefined;
      const shown = await showSides(host, args, recorded, found);
      if (!shown) return undefined;
      const link = await whole(host, args.netns, shown);
      const observed = observedOf(link, args.owner);
      const isKnown = recorded && !recorded.imported;
      const isGone = (key: "mtu" | "mac") => args[key] === undefined && (!isKnown || recorded[key] !== undefined);
      if (!lookUp || !(isGone("mtu") || isGone("mac"))) return observed;
      const { mac, ...others } = await lookUp(host, { ...args, ...observed.inputs } as never);
      const unset = { ...observed.detail.unset, ...others, ...(definition.followsMac && { mac }) };
      return { ...observed, detail: { ...observed.detail, unset } };
    },

    async ensure(host, args, observed, recorded) {
      const { words, made: fresh } = creation(
        pinMtu ? { ...args, mtu: undefined } : args,
        args.owner,
        ...(definition.followsMac || definition.lacks?.(args as never).mac ? [args.mac ?? ""] : []),
      );
      const values = args as Readonly<Record<string, unknown>>;
      const below = lowers.flatMap(([key]) => (values[key] === undefined ? [] : ["link", String(values[key])]));
      const linkType = typeKey ? String(values[typeKey]) : (linkTypes[0] ?? "");
      const wanted = said.map((each) => changedWords(each, args, observed?.inputs ?? {}));
      const home = args.netns !== undefined && birthplaceOf(args) !== args.netns ? ["netns", args.netns] : [];
      const add = ["link", "add", ...below, "name", args.name, ...words, ...home, "type", linkType, ...wanted.flat()];
      const changed = wanted.filter((each) => each.length > 0);
      const change = ["link", "set", "dev", args.name, "type", linkType, ...changedWords(always, args, {})];
      const set = changed.map((each) => [...change, ...each]);
      if (definition.resetsMtu && set.length > 0 && args.mtu !== undefined)
        set.push(["link", "set", "dev", args.name, "mtu", String(args.mtu)]);
      const birthplace = birthplaceOf(args);
      const isElsewhere = birthplace !== args.netns;
      if (!observed && isElsewhere) await ipAll(host, birthplace, [add]);
      const first = observed ? set : [...(isElsewhere ? [] : [add]), ...(pinMtu?.(args) ?? [])];
      const made = await ensureLink(host, args, args.owner, first, observed ?? fresh, recorded);
      const link = await ensureSides(host, args, recorded, made, observed?.inputs);
      return { observed: link && observedOf(await whole(host, args.netns, link), args.owner) };
    },

    remove: removeLink,

    imports: {
      parse: parseAt,
      list: (host, netns) => listLinks(host, netns, linkTypes, definition.isListed),
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

  return kind as unknown as Kind<LinkKindArgs<T, P>, OutputShape<Out>, ObservedLink>;
}

function wordsOf({ word, words }: TypeOption): (value: never) => string[] {
  if (words) return words;
  return (value: unknown) => {
    if (word === undefined || value === undefined) return [];
    return [word, typeof value === "boolean" ? String(Number(value)) : String(value)];
  };
}
