import { isDeepStrictEqual } from "node:util";
import type { Host } from "../../host";
import { ipAll } from "../../tools/ip/batch";
import { cidrOf } from "../../tools/ip/link-addresses";
import { aliasArgs, groupArgs, type Link, showLink, showLinkCommand } from "../../tools/ip/links";
import { peerRouteCommands } from "../../tools/ip/peer-routes";
import type { Words } from "../../tools/ip/restore";
import { addCommand, lostAddresses, planAddresses, requireUnclaimed } from "./addresses";
import { newLink, type ObservedLink, observedLink } from "./link";
import { randomMac } from "./mac";
import { firstOptions, type LinkArgs, linkOptions } from "./options";
import { portOptions } from "./ports";
import { preserveRoutes, requireRoomForIpv6 } from "./preserve";
import { type LinkChange, linkIn, requireLink, waitUntilUsable } from "./usable";

/** The words for the command that makes a link, besides name and type, and the link as it is after that command. */
export function creation(
  args: LinkArgs,
  owner: string,
  mac: string | undefined = args.mac ?? randomMac(),
): { words: string[]; made: ObservedLink } {
  const { mtu } = args;
  const given = [...(mac ? ["address", mac] : []), ...(mtu === undefined ? [] : ["mtu", String(mtu)])];
  const inputs = { ...newLink.inputs, ...(mac && { mac }), ...(mtu !== undefined && { mtu }) };
  return { words: [...groupArgs(owner), ...given], made: { ...newLink, inputs } };
}

/** Brings a link to the wanted state, after commands that make it or belong to its kind. Returns it if a command listed it. */
export async function ensureLink(
  host: Host,
  args: LinkArgs,
  owner: string,
  first: readonly string[][],
  observed: ObservedLink,
  recorded?: LinkArgs,
): Promise<Link | undefined> {
  return waitUntilUsable(
    host,
    args,
    await configureLink(host, args, owner, observed, recorded, { first, canLose: first.length > 0 }),
  );
}

/** Commands in the link's namespace that run before its own commands, and after them. */
interface Around {
  readonly first?: readonly string[][];
  /** May these commands make the kernel drop routes or addresses of the link? */
  readonly canLose?: boolean;
  /** Is the kind itself responsible for the route? */
  readonly isRouteOfKind?: (route: Words) => boolean;
  /** The last commands; they may depend on whether the link was changed. */
  readonly last?: (changed: boolean) => string[][];
  /** Commands that list the final state, the links first. */
  readonly shows?: readonly string[][];
}

/** The same without waiting for duplicate address detection. */
export async function configureLink(
  host: Host,
  args: LinkArgs,
  owner: string,
  observed: ObservedLink,
  recorded?: LinkArgs,
  { first = [], canLose = false, isRouteOfKind, ...around }: Around = {},
): Promise<LinkChange> {
  const optionLines = await optionCommands(host, args, owner, observed, recorded);
  const { remove } = planAddresses(args.addresses ?? [], recorded?.addresses ?? [], observed);
  const isThere = observed.outputs.ifindex !== 0;
  requireRoomForIpv6(args, recorded?.addresses ?? [], observed);
  await requireUnclaimed(host, args, recorded?.addresses ?? [], observed);
  const loses = isThere && (canLose || optionLines.canLose || remove.length > 0);
  const restore = loses ? await preserveRoutes(host, args, observed, isRouteOfKind) : async () => {};
  try {
    const commands = [...first, ...optionLines.commands];
    const change = await configureAddresses(host, args, commands, observed, recorded, { ...around, canLose: loses });
    return { ...change, restore };
  } catch (error) {
    await restore().catch(() => undefined);
    throw error;
  }
}

async function optionCommands(
  host: Host,
  args: LinkArgs,
  owner: string,
  observed: ObservedLink,
  recorded: LinkArgs | undefined,
): Promise<{ commands: string[][]; canLose: boolean }> {
  const set = ["link", "set", "dev", args.name];
  const { master, up } = observed.inputs;
  const isMoved = master !== args.master;
  // The kernel chooses a port's cost only when the link becomes a port.
  const isCostGone = recorded?.bridgePort?.cost !== undefined && args.bridgePort?.cost === undefined;
  const reenters = !isMoved && isCostGone && args.master !== undefined;
  // A bond refuses links that are up, and sets down a link that leaves.
  const isDown = isMoved && up && (observed.detail.isBonded || (await isBond(host, args)));
  const there = { ...observed.inputs, ...(reenters && { master: undefined }), ...(isDown && { up: false }) };
  const risky = Object.entries(linkOptions).filter(([, option]) => !("isHarmless" in option));
  const canLose = isDown || reenters || changedWords(Object.fromEntries(risky), args, there).length > 0;
  const words = changedWords(linkOptions, args, there);
  // Linux 6.1 brings a link up before the rest of the command. A bond would refuse it then, or set it down when it leaves.
  const enters = words.includes("master") || words.includes("nomaster");
  const last = enters && words.at(-1) === "up" ? [words.splice(-1)] : [];
  const group = groupArgs(owner);
  // For a new link the group is unknown here, but the command that made it has set it.
  if (observed.detail.group !== undefined && !group.includes(observed.detail.group)) words.push(...group);
  if (observed.owner !== owner || !observed.detail.hasAlias) words.push(...aliasArgs(owner));
  // On another bridge, a port has the kernel's defaults.
  const isNew = isMoved || reenters;
  const port = args.master ? changedWords(portOptions, args, isNew ? newLink.inputs : observed.inputs) : [];
  const first = changedWords(firstOptions, args, observed.inputs);
  const commands = [
    ...(first.length ? [[...set, ...first]] : []),
    ...(isDown ? [[...set, "down"]] : []),
    ...(reenters ? [[...set, "nomaster"]] : []),
    ...(words.length ? [[...set, ...words]] : []),
    ...last.map((each) => [...set, ...each]),
    ...(port.length ? [[...set, "type", "bridge_slave", ...port]] : []),
  ];
  return { commands, canLose };
}

async function isBond(host: Host, { netns, master }: LinkArgs): Promise<boolean> {
  return master !== undefined && (await showLink(host, netns, master))?.linkinfo?.info_kind === "bond";
}

type Options = Readonly<Record<string, { words(value: never, there?: never): string[] }>>;

/** The words for the options that differ from the wanted ones. An option without a key in `args` is not changed. */
export function changedWords(options: Options, args: object, observed: object): string[] {
  const [wanted, there] = [args, observed] as Record<string, unknown>[];
  return Object.entries(options).flatMap(([key, { words }]) => {
    const isWanted = wanted !== undefined && key in wanted;
    return isWanted && !isDeepStrictEqual(wanted[key], there?.[key])
      ? words(wanted[key] as never, there?.[key] as never)
      : [];
  });
}

/** Runs the commands, then brings the addresses to the wanted state. */
async function configureAddresses(
  host: Host,
  args: LinkArgs,
  commands: string[][],
  observed: ObservedLink,
  recorded: LinkArgs | undefined,
  { last, canLose, shows = [showLinkCommand(args.name)] }: Omit<Around, "first">,
): Promise<Omit<LinkChange, "restore">> {
  const { name, netns, addresses = [] } = args;
  const before = recorded?.addresses ?? [];
  let changed = false;
  let lists: readonly unknown[] = [];
  const run = async () => {
    if (commands.length === 0) return;
    changed = true;
    lists = await ipAll(host, netns, [...commands.splice(0), ...shows]);
  };
  const current = async () => {
    await run();
    return observedLink(linkIn(lists, args) ?? (await requireLink(host, args)), "");
  };

  // A link that was set down lost its IPv6 addresses.
  let there = observed;
  const hasAny = there.inputs.addresses.length + there.detail.duplicates.length > 0;
  if ((canLose || addresses.length + before.length > 0) && commands.length > 0 && hasAny) there = await current();
  const surplus = planAddresses(addresses, before, there).remove;
  commands.push(...surplus.map((each) => ["addr", "del", each, "dev", name]));
  // The kernel removes the secondaries of a primary IPv4 address with it.
  if (surplus.length > 0) there = await current();
  const unwanted = before.filter((each) => !addresses.includes(each));
  const lost = lostAddresses(observed, there, [...surplus, ...unwanted]);
  const missing = planAddresses(addresses, [], there).add;
  const others = lost.filter((each) => !missing.includes(cidrOf(each)));
  for (const each of missing) {
    const former = lost.find((address) => cidrOf(address) === each);
    commands.push(former ? addCommand(former, name) : ["addr", "add", each, "dev", name]);
  }
  commands.push(...others.map((each) => addCommand(each, name)));
  if (!observed.inputs.up && args.up) {
    const { master } = args;
    const isVrf = master !== undefined && (await showLink(host, netns, master))?.linkinfo?.info_kind === "vrf";
    commands.push(...peerRouteCommands(name, observed.detail.entries, isVrf ? master : undefined));
  }
  commands.push(...(last?.(changed || commands.length > 0) ?? []));
  await run();
  return { added: [...missing, ...others.map(cidrOf)], lists };
}
