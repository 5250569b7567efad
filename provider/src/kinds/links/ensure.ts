import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pause } from "../../host/interrupt";
import { familyOf } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { aliasArgs, type Link, parseLinks, showLink, showLinkCommand } from "../../tools/ip/links";
import { type LinkArgs, type ObservedLink, observedLink } from "./link";

/** Each input that `ip link set` takes, its arguments, and the kernel's default for when the input is taken away. */
const settings: readonly {
  key: "mtu" | "mac" | "promiscuous" | "master" | "up";
  argv(value: never): string[];
  unset?: unknown;
}[] = [
  { key: "mtu", argv: (bytes: number) => ["mtu", String(bytes)], unset: 1500 },
  { key: "mac", argv: (text: string) => ["address", text] },
  { key: "promiscuous", argv: (on: boolean) => ["promisc", on ? "on" : "off"], unset: false },
  { key: "master", argv: (name: string) => (name ? ["master", name] : ["nomaster"]), unset: "" },
  { key: "up", argv: (on: boolean) => [on ? "up" : "down"] },
];

/** The wanted value: as asked; the kernel's default when it was asked for before; else undefined, whatever it is. */
export function wantedValue(key: string, args: object, recorded: object | undefined, unset: unknown): unknown {
  const [now, before] = [args, recorded].map((values) => (values as Record<string, unknown> | undefined)?.[key]);
  return now ?? (before === undefined ? undefined : unset);
}

/** Brings a link to what is asked for, after the commands that make it or are its kind's own; returns it, where it was shown. */
export async function ensureLink(
  host: Host,
  args: LinkArgs,
  owner: string,
  first: readonly string[][],
  seen: ObservedLink,
  recorded?: LinkArgs,
): Promise<Link | undefined> {
  return settled(host, args, await configureLink(host, args, owner, seen, recorded, { first }));
}

/** What a link's change told. */
export interface Configured {
  /** The addresses that it added. */
  readonly added: string[];
  /** What it showed at its end. */
  readonly lists: readonly unknown[];
}

/** The link after its change, when its addresses can be used. */
export async function settled(host: Host, args: LinkArgs, { added, lists }: Configured): Promise<Link | undefined> {
  return (await duplicatesDetected(host, args, added)) ?? linkOf(lists, args);
}

function linkOf([links]: readonly unknown[], { name }: LinkArgs): Link | undefined {
  return links === undefined ? undefined : parseLinks(links).find(({ ifname }) => ifname === name);
}

/** Commands of the namespace that are run before a link's own, and after them. */
interface Around {
  readonly first?: readonly string[][];
  /** Knows whether the link was changed. */
  readonly last?: (changed: boolean) => string[][];
  /** What shows how all is at the end, links before all else. */
  readonly shows?: readonly string[][];
}

/** The same without the wait for `duplicatesDetected`. */
export async function configureLink(
  host: Host,
  args: LinkArgs,
  owner: string,
  seen: ObservedLink,
  recorded?: LinkArgs,
  { first = [], ...around }: Around = {},
): Promise<Configured> {
  const { name } = args;
  const commands = [...first];
  const changes = settings.flatMap(({ key, argv, unset }) => {
    const want = wantedValue(key, args, recorded, unset);
    return want === undefined || want === (seen[key] ?? "") ? [] : argv(want as never);
  });
  if (seen.owner !== owner || !seen.alias) changes.push(...aliasArgs(owner));
  if (changes.length) commands.push(["link", "set", "dev", name, ...changes]);

  const hairpin = wantedValue("hairpin", args, recorded, false);
  if (hairpin !== undefined && args.master && (hairpin !== seen.hairpin || seen.master !== args.master)) {
    commands.push(["link", "set", "dev", name, "type", "bridge_slave", "hairpin", hairpin ? "on" : "off"]);
  }
  return configureAddresses(host, args, commands, seen, recorded, around);
}

/** Runs the commands, then brings the addresses to what is asked for. */
async function configureAddresses(
  host: Host,
  args: LinkArgs,
  commands: string[][],
  seen: ObservedLink,
  recorded: LinkArgs | undefined,
  { last, shows = [showLinkCommand(args.name)] }: Omit<Around, "first">,
): Promise<Configured> {
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
    return observedLink(linkOf(lists, args) ?? (await present(host, args)), "");
  };
  const all = () => [...there.addresses, ...there.duplicates];

  // A link that went down lost its IPv6 addresses, and a primary IPv4 address takes its secondaries along: those are
  // behind it in the kernel's order.
  let there = seen;
  if (addresses.length + before.length > 0 && commands.length > 0 && all().length > 0) {
    there = await current();
  }
  const surplus = all().filter((each) => before.includes(each) && !addresses.includes(each));
  const useless = there.duplicates.filter((each) => addresses.includes(each));
  commands.push(...[...surplus.reverse(), ...useless].map((each) => ["addr", "del", each, "dev", name]));
  if (surplus.length > 0) {
    there = await current();
  }
  const missing = addresses.filter((each) => !there.addresses.includes(each));
  commands.push(...missing.map((each) => ["addr", "add", each, "dev", name]));
  commands.push(...(last?.(changed || commands.length > 0) ?? []));
  await run();
  return { added: missing, lists };
}

const detectionSeconds = 4;

/**
 * IPv6 addresses cannot be used before the kernel has asked whether another has them; a link without carrier does not ask.
 * Returns the link after the wait.
 */
async function duplicatesDetected(host: Host, args: LinkArgs, added: readonly string[]): Promise<Link | undefined> {
  if (!added.some((each) => familyOf(each) === 6)) return undefined;
  const deadline = Date.now() + detectionSeconds * 1000;
  for (;;) {
    const link = await present(host, args);
    const ours = link.addr_info.filter(({ local, prefixlen }) => added.includes(`${local}/${prefixlen}`));
    const duplicate = ours.find(({ dadfailed }) => dadfailed);
    if (duplicate) {
      const what = `addresses: another has ${duplicate.local} already (duplicate address detection)`;
      throw new LocalnetError("LN_VERIFY", what);
    }
    const asking = link.flags.includes("UP") && !link.flags.includes("NO-CARRIER");
    if (!asking || !ours.some(({ tentative }) => tentative) || Date.now() > deadline) return link;
    await pause(200);
  }
}

async function present(host: Host, { name, netns }: LinkArgs): Promise<Link> {
  const link = await showLink(host, netns, name);
  if (link) return link;
  throw new LocalnetError("LN_VERIFY", `link ${name} went away meanwhile`);
}
