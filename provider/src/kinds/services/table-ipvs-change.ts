import { markOf } from "../../core/mark";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { isLinkLocal } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { aliasArgs, groupArgs, ownerOf } from "../../tools/ip/links";
import { restoreSets } from "../../tools/ipset";
import { restoreServices } from "../../tools/ipvsadm";
import { serviceArgs, serviceId } from "../../tools/ipvsadm-service";
import { markIn } from "../firewall/iptables-place";
import { addCommand } from "../links/addresses";
import { link } from "./ipvs";
import type { IptablesKernel } from "./table-iptables-plan";
import { backendsOf, type IpvsKernel, isWhole, kernelLines } from "./table-ipvs-kernel";
import type { AddressPart, EntryPart, IpvsPart, LinkPart, ServerPart, SetPart } from "./table-ipvs-plan";
import type { Change, Kernels } from "./table-parts";

type IpvsChange = Change<IpvsPart, IpvsKernel>;

interface Sorted {
  readonly set: SetPart[];
  readonly entry: EntryPart[];
  readonly link: LinkPart[];
  readonly address: AddressPart[];
  readonly server: ServerPart[];
}

function sorted(parts: readonly IpvsPart[]): Sorted {
  const all: Record<IpvsPart["what"], IpvsPart[]> = { set: [], entry: [], link: [], address: [], server: [] };
  for (const part of parts) all[part.what].push(part);
  return all as unknown as Sorted;
}

/** What is there, ours and not wanted. Without a record, all that is in what the ledger says is ours was made by a run that died. */
function surplus({ kernel, wanted, former, claimed, netns, owner, owners }: IpvsChange) {
  const [now, before] = [sorted(wanted), sorted(former)];
  const isKnown = former.length > 0;
  const isClaimed = (kind: string, name: string) =>
    claimed.has(`${kind} ${netns === undefined ? name : `${name}@${netns}`}`);
  const names = {
    wanted: new Set([...now.set.map(({ name }) => name), ...now.server.map(({ server }) => serviceId(server))]),
    former: new Set([...before.set.map(({ name }) => name), ...before.server.map(({ server }) => serviceId(server))]),
  };
  const isSurplus = (kind: string, name: string) =>
    !names.wanted.has(name) && (names.former.has(name) || isClaimed(kind, name));
  const isOurLink =
    kernel.link !== undefined &&
    (before.link.length > 0 || isClaimed("Dummy", link)) &&
    [owner, ...owners].some((each) => kernel.link && ["", each].includes(ownerOf(kernel.link, each)));
  const sets = [...kernel.sets.keys()].filter((name) => isSurplus("IpSet", name));
  const entryName = (set: string, entry: string) => `${set} ${entry}`;
  const wantedEntries = new Set(now.entry.map(({ set, entry }) => entryName(set, entry)));
  const formerEntries = new Set(before.entry.map(({ set, entry }) => entryName(set, entry)));
  const isGone = (set: string, entry: string) =>
    !wantedEntries.has(entryName(set, entry)) &&
    (isKnown ? formerEntries.has(entryName(set, entry)) : isClaimed("IpSet", set));
  const [wantedAddresses, formerAddresses] = [now, before].map(
    ({ address }) => new Set(address.map((each) => each.address)),
  ) as [Set<string>, Set<string>];
  return {
    sets,
    entries: [...kernel.entries].flatMap(([set, entries]) =>
      [...entries].flatMap((entry) => (isGone(set, entry) ? [{ set, entry }] : [])),
    ),
    servers: [...kernel.servers.values()].filter(({ key }) => isSurplus("IpvsService", serviceId(key))),
    link: isOurLink && now.link.length === 0,
    addresses: [...kernel.addresses].filter(
      (each) => isOurLink && !wantedAddresses.has(each) && (!isKnown || formerAddresses.has(each)),
    ),
  };
}

/** Throws when others have put something into a set or on the link that is to go, or have rules that look into the set. */
export function requireAlone(change: IpvsChange, { iptables }: Kernels): void {
  const { kernel, owner, owners } = change;
  const gone = surplus(change);
  const ours = new Set(gone.entries.map(({ set, entry }) => `${set} ${entry}`));
  const entries = gone.sets.flatMap((set) =>
    [...(kernel.entries.get(set) ?? [])].flatMap((entry) =>
      ours.has(`${set} ${entry}`) ? [] : [`entry ${entry} of set ${set}`],
    ),
  );
  const goneAddresses = new Set(gone.addresses);
  const strange = gone.link ? [...kernel.addresses].filter((each) => !goneAddresses.has(each)) : [];
  const addresses = strange.map((each) => `address ${each} of ${link}`);
  const marks = new Set([owner, ...owners].map(markOf));
  const sets = new Set(gone.sets);
  const rules = Object.values((iptables ?? {}) as Partial<IptablesKernel>).flatMap((chains) =>
    [...chains.values()].flat().flatMap((rule) => {
      const isOurs = marks.has(markIn(rule)?.mark ?? "");
      const looks = rule.words.some((word, index) => rule.words[index - 1] === "--match-set" && sets.has(word));
      return looks && !isOurs ? [`rule ${rule.text}`] : [];
    }),
  );
  const others = [...entries, ...addresses, ...rules];
  if (others.length === 0) return;
  const most = 3;
  const more = others.length > most ? `; and ${others.length - most} more` : "";
  throw new LocalnetError("LN_BUSY", `others use what is to go: ${others.slice(0, most).join("; ")}${more}`, {
    hint: "delete that first",
  });
}

/** What is wanted: sets and their entries, the addresses, then what sends connections there. */
export async function make(host: Host, change: IpvsChange): Promise<void> {
  const { netns, wanted, kernel } = change;
  if (wanted.length === 0) return;
  const isDue = (part: IpvsPart) => !isWhole(kernelLines(kernel, part), part);
  const due = sorted(wanted.filter(isDue));
  const remade = new Set(due.set.filter(({ name }) => kernel.sets.has(name)).map(({ name }) => name));
  const entries = sorted(wanted).entry.filter((part) => remade.has(part.set) || isDue(part));
  await restoreSets(host, netns, [
    ...[...remade].map((name) => `destroy ${name}`),
    ...due.set.map(({ name, options }) => `create ${name} ${options.join(" ")}`),
    ...entries.map(({ set, entry }) => `add ${set} ${entry} -exist`),
  ]);
  const added = due.address.map(({ address }) => ["addr", "add", address, "dev", link]);
  await ipBatch(host, netns, [...due.link.flatMap((part) => linkCommands(kernel, part)), ...added]);
  await restoreServices(host, netns, [
    ...due.server.flatMap((part) => serverCommands(kernel, part)),
    ...goneServers(change),
  ]);
}

/** What is ours and not wanted goes, when no rule looks into its sets any more. */
export async function finish(host: Host, change: IpvsChange): Promise<void> {
  const { netns, wanted } = change;
  if (wanted.length === 0) await restoreServices(host, netns, goneServers(change));
  const gone = surplus(change);
  const addresses = gone.addresses.map((each) => ["addr", "del", each, "dev", link]);
  await ipBatch(host, netns, gone.link ? [["link", "del", "dev", link]] : addresses);
  const sets = new Set(gone.sets);
  await restoreSets(host, netns, [
    ...gone.entries.flatMap(({ set, entry }) => (sets.has(set) ? [] : [`del ${set} ${entry} -exist`])),
    ...gone.sets.map((name) => `destroy ${name}`),
  ]);
}

/** The commands that one process runs. */
const most = 400;

async function ipBatch(host: Host, netns: string | undefined, commands: readonly string[][]): Promise<void> {
  for (let index = 0; index < commands.length; index += most)
    await ipAll(host, netns, commands.slice(index, index + most));
}

function linkCommands(kernel: IpvsKernel, { owner }: LinkPart): string[][] {
  const marked = [...["link", "set", "dev", link], ...groupArgs(owner), ...aliasArgs(owner)];
  if (!kernel.link) return [["link", "add", "name", link, ...groupArgs(owner), "type", "dummy"], marked];
  const { flags, addr_info: addresses } = kernel.link;
  // A link that goes down loses its IPv6 addresses.
  const lost = flags.includes("UP") ? addresses.filter(({ local }) => local?.includes(":") && !isLinkLocal(local)) : [];
  return [[...marked, "down"], ...lost.map((each) => addCommand(each, link, "replace"))];
}

/** Both kinds of commands give all options, because a change resets those that it does not name. */
function serverCommands(kernel: IpvsKernel, { server, words, backends }: ServerPart): string[][] {
  const there = kernel.servers.get(serviceId(server));
  const of = serviceArgs(server);
  const had = there ? backendsOf(there) : new Map<string, string[]>();
  const lost = [...had.keys()].filter((end) => !backends.has(end));
  return [
    [there ? "-E" : "-A", ...of, ...words],
    ...[...backends].flatMap(([end, its]) => {
      const now = had.get(end);
      return now && now.join(" ") === its.join(" ") ? [] : [[now ? "-e" : "-a", ...of, "-r", end, ...its]];
    }),
    ...lost.map((end) => ["-d", ...of, "-r", end]),
  ];
}

function goneServers(change: IpvsChange): string[][] {
  return surplus(change).servers.map(({ key }) => ["-D", ...serviceArgs(key)]);
}
