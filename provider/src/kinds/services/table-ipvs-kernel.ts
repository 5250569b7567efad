import type { Host } from "../../host";
import { requireTools } from "../../host/requirements";
import { staticAddressesOf } from "../../tools/ip/link-addresses";
import { type Link, ownerOf, showLink } from "../../tools/ip/links";
import { readSets, type SavedSet } from "../../tools/ipset";
import { findServices } from "../../tools/ipvsadm";
import { endpoint, type Service, serviceId } from "../../tools/ipvsadm-service";
import { wouldLoad } from "../../tools/modules";
import { optionsOf } from "../firewall/ip-set";
import { canonicalEntry } from "../firewall/ip-set-entries";
import { backendWords } from "../ipvs/ipvs-backend";
import { serviceWords } from "../ipvs/ipvs-service";
import { link as linkName } from "./ipvs";
import { type IpvsPart, linesOf } from "./table-ipvs-plan";

export interface IpvsKernel {
  readonly sets: ReadonlyMap<string, SavedSet>;
  /** By set, its entries. */
  readonly entries: ReadonlyMap<string, ReadonlySet<string>>;
  /** By id. */
  readonly servers: ReadonlyMap<string, Service>;
  readonly link: Link | undefined;
  /** Those that somebody gave the link, with their prefix lengths. */
  readonly addresses: ReadonlySet<string>;
}

/** Loads no module: without it there is nothing. */
export async function readIpvs(host: Host, netns: string | undefined): Promise<IpvsKernel> {
  await requireTools(host, ["ipvsadm", "ipset", "ip", "nsenter"]);
  const [link, services, sets] = await Promise.all([
    showLink(host, netns, linkName),
    findServices(host, netns),
    wouldLoad(host, "ip_set").then((isUnused) => (isUnused ? [] : readSets(host, netns))),
  ]);
  return {
    ...{ link, addresses: new Set(link && staticAddressesOf(link)) },
    servers: new Map(services.map((each) => [serviceId(each.key), each])),
    sets: new Map(sets.map((set) => [set.name, set])),
    entries: new Map(sets.map(({ name, entries }) => [name, new Set(entries.map(canonicalEntry))])),
  };
}

/** What the kernel has of a part, line by line; undefined: nothing. */
export function kernelLines(
  { sets, entries, servers, link, addresses }: IpvsKernel,
  part: IpvsPart,
): readonly string[] | undefined {
  if (part.what === "set") {
    const set = sets.get(part.name);
    return set && [[...optionsOf(set), ...set.others].join(" ")];
  }
  if (part.what === "entry") return entries.get(part.set)?.has(part.entry) ? [""] : undefined;
  if (part.what === "server") {
    const server = servers.get(serviceId(part.server));
    return server && linesOf(serviceWords(server), backendsOf(server));
  }
  if (part.what === "link") return link && linkLines(link, part.owner);
  return addresses.has(part.address) ? [""] : undefined;
}

export function isWhole(lines: readonly string[] | undefined, part: IpvsPart): boolean {
  return lines?.join("\n") === part.lines.join("\n");
}

function linkLines(link: Link, owner: string): string[] {
  const isOurs = ownerOf(link, owner) === owner;
  return [
    link.linkinfo?.info_kind ?? "",
    link.flags.includes("UP") ? "up" : "down",
    isOurs ? "ours" : (link.ifalias ?? ""),
  ];
}

/** By endpoint, what is behind a virtual server of the kernel. */
export function backendsOf({ backends }: Service): Map<string, string[]> {
  return new Map(backends.map((each) => [endpoint(each.address, each.port), backendWords(each)]));
}
