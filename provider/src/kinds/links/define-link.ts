import type { z } from "zod";
import { defineKind, type Kind } from "../../core/kind";
import { eraseClaim } from "../../core/ledger";
import { unsetValue } from "../../core/unset";
import type { Host } from "../../host";
import { at, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type Link, showLink } from "../../tools/ip/links";
import { birthplaceOf, createdInRules, withBirthplace } from "./created-in";
import { changedWords, creation, ensureLink } from "./ensure";
import { claimedOwner, whileUnmarked } from "./first-claim";
import {
  importableInputs,
  importableTypes,
  linkOutputs,
  listLinks,
  type ObservedLink,
  observedAs,
  removeLink,
} from "./link";
import {
  familyArgs,
  type LinkDefinition,
  type LinkKindArgs,
  type Missing,
  missing,
  type OutputShape,
  type TypeOptions,
  type TypeOutputs,
} from "./link-definition";
import { wordsOfOptions } from "./option-words";
import { type LinkArgs, linkRules, portRules } from "./options";
import { ensureSides, showSides } from "./side-inputs";
import { udpHolders } from "./udp-ports";

/** Defines a kind of link. What all links have in common is here; the differences are data. */
export function defineLink<
  T extends TypeOptions,
  P extends z.ZodRawShape,
  Out extends TypeOutputs = Record<never, never>,
>(definition: LinkDefinition<T, P, Out>): Kind<LinkKindArgs<T, P>, OutputShape<Out>, ObservedLink> {
  const { type, options, pinMtu, readDefaults, holds } = definition;
  const linkTypes = [definition.linkType].flat();
  const typeKey = Object.keys(options).find((key) => options[key]?.isType);
  const isMoved = Object.values(options).some(({ isBirthplace }) => isBirthplace);
  const whole = (host: Host, netns: string | undefined, link: Link) =>
    isMoved ? withBirthplace(host, netns, link) : link;
  for (const each of linkTypes) importableTypes.set(each, definition.isImportable ?? (() => true));
  const inputs = Object.fromEntries(Object.entries(options).map(([key, { input }]) => [key, input]));
  const typeWords = [true, false].map((isFirst) => wordsOfOptions(isFirst, options));
  const always = wordsOfOptions(false, options, ({ isAlways }) => isAlways);
  const kindOutputs = Object.entries(definition.outputs ?? {});
  const lowers = Object.entries(options).filter(([, { isLower }]) => isLower);

  /** The place of its entry in the ledger. */
  const placeOf = ({ name, netns }: LinkArgs) => ({ netns, what: `${type} ${at(name, netns)}` });

  function lacksOf(inputs: object): (readonly [Missing, string])[] {
    const reasons = definition.lacks?.(inputs as never);
    return missing.flatMap((key) => (reasons?.[key] ? [[key, reasons[key]] as const] : []));
  }

  function observedOf(link: Link, owner: string): ObservedLink {
    const data = link.linkinfo?.info_data ?? {};
    const optionValues = Object.fromEntries(Object.entries(options).map(([key, { read }]) => [key, read(data, link)]));
    const { inputs, outputs, detail, ...observed } = observedAs(link, linkTypes, owner);
    const more = Object.fromEntries(kindOutputs.map(([key, { read }]) => [key, read(link)]));
    const lacked = Object.fromEntries(lacksOf(optionValues).map(([key]) => [key, undefined]));
    const { unset } = definition;
    const its = unset && { unset: typeof unset === "function" ? unset(optionValues as never) : unset };
    return {
      ...observed,
      inputs: { ...inputs, ...lacked, ...optionValues },
      outputs: { ...outputs, ...more },
      detail: { ...detail, ...its },
    } as ObservedLink;
  }

  // The code of the family only needs the common inputs; the type `Kind` has all of them.
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
    outputs: { ...linkOutputs, ...Object.fromEntries(kindOutputs.map(([key, { output }]) => [key, output])) },
    needs: definition.needs ?? ["ip"],
    idForm: "`NAME@NETNS`",
    id: ({ name, netns }) => at(name, netns),
    disturbs: ({ netns }) => [netns],
    ...(holds && {
      holds: {
        inputs: ["netns", "createdIn", "up", ...holds.inputs],
        namespace: birthplaceOf,
        of: (args: LinkArgs) => holds.of(args as never),
        holders: udpHolders,
      },
    }),

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
      const basic = await showLink(host, args.netns, args.name);
      if (!basic) return undefined;
      const shown = await showSides(host, args, recorded, basic);
      if (!shown) return undefined;
      const link = await whole(host, args.netns, shown);
      const marked = observedOf(link, args.owner);
      const isClaimed = definition.make && marked.owner === "";
      const observed = isClaimed ? { ...marked, owner: await claimedOwner(host, placeOf(args)) } : marked;
      const isKnown = recorded && !recorded.imported;
      const isGone = (key: "mtu" | "mac") => args[key] === undefined && (!isKnown || recorded[key] !== undefined);
      if (!readDefaults || !(isGone("mtu") || isGone("mac"))) return observed;
      const { mac, ...others } = await readDefaults(host, { ...args, ...observed.inputs } as never);
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
      const wanted = typeWords.map((each) => changedWords(each, args, observed?.inputs ?? {}));
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
      const adds = definition.make ? madeBy(definition.make(args.name, wanted.flat()), args.name, words) : [add];
      const first = observed ? set : [...(isElsewhere ? [] : adds), ...(pinMtu?.(args) ?? [])];
      const bringAbout = () => ensureLink(host, args, args.owner, first, observed ?? fresh, recorded);
      // A run that was killed may have left the entry, with a mark on the link or without.
      const isNoted = definition.make && (!observed || (await claimedOwner(host, placeOf(args))) !== "");
      const made = await (isNoted ? whileUnmarked(host, placeOf(args), args, bringAbout) : bringAbout());
      const link = await ensureSides(host, args, recorded, made, observed?.inputs);
      return { observed: link && observedOf(await whole(host, args.netns, link), args.owner) };
    },

    remove: removeLink,
    ...(definition.make && { cleanUp: (host: Host, args: LinkArgs) => eraseClaim(host, placeOf(args)) }),

    imports: {
      parse: parseAt,
      list: (host, netns) => listLinks(host, netns, linkTypes, definition.isImportable),
      inputs: ({ owner }, observed) => ({ ...importableInputs(owner, observed), ...importableOptions(observed) }),
    },
  });

  /** The options that differ from the kernel's defaults. */
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

/**
 * The commands of a kind that cannot set the mark, then the mark in a command of its own: if a later command fails, the link
 * that remains is ours.
 */
function madeBy(commands: readonly string[][], name: string, words: readonly string[]): string[][] {
  const set = ["link", "set", "dev", name];
  const [group, others] = [words.slice(0, 2), words.slice(2)];
  return [...commands, [...set, ...group], ...(others.length > 0 ? [[...set, ...others]] : [])];
}
