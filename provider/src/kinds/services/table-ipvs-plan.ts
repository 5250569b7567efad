import { endpoint, type ServiceKey, serviceId } from "../../tools/ipvsadm-service";
import { ipSet, optionsOf } from "../firewall/ip-set";
import { backendWords, ipvsBackend } from "../ipvs/ipvs-backend";
import { ipvsService, serviceWords } from "../ipvs/ipvs-service";
import { ipvsBase, link, onLink } from "./ipvs";
import { entriesOf, type SetName, setName } from "./ipvs-entries";
import { virtualServers } from "./ipvs-servers";
import { isOfFamily, type Node } from "./node";
import type { Planned, Tables } from "./plan";
import { type Portal, portals } from "./portals";
import { type IptablesPart, nodeParts } from "./table-iptables-plan";
import { type Family, nodeGroup, type Part } from "./table-parts";

interface Base extends Part {
  readonly layer: "ipvs";
  /** What the kernel has of it when it is whole. */
  readonly lines: readonly string[];
}

export interface SetPart extends Base {
  readonly what: "set";
  readonly name: string;
  /** The words of `ipset create`. */
  readonly options: readonly string[];
}

export interface EntryPart extends Base {
  readonly what: "entry";
  readonly set: string;
  readonly entry: string;
}

export interface LinkPart extends Base {
  readonly what: "link";
  readonly owner: string;
}

export interface AddressPart extends Base {
  readonly what: "address";
  /** With its prefix length. */
  readonly address: string;
}

/** A virtual server with all that is behind it. */
export interface ServerPart extends Base {
  readonly what: "server";
  readonly server: ServiceKey;
  /** What ipvsadm is told of it. */
  readonly words: readonly string[];
  /** By endpoint, what ipvsadm is told of each. */
  readonly backends: ReadonlyMap<string, readonly string[]>;
}

export type IpvsPart = SetPart | EntryPart | LinkPart | AddressPart | ServerPart;

/** Mode ipvs: virtual servers, the link with their addresses, sets, and chains with the rules that look into those. */
export function ipvsPlan(node: Node, owner: string): (IpvsPart | IptablesPart)[] {
  const families = node.families.toSorted();
  const lines = ["dummy", "down", "ours"];
  const made = { what: "link", owner, group: nodeGroup(families[0] ?? "ipv4") } as const;
  return [
    { ...base(`link ${link}`, made.group, lines, owner), ...made },
    ...families.flatMap((family) => partsOf(node, owner, family)),
  ];
}

function base(key: string, group: string, lines: readonly string[], more = "") {
  return { layer: "ipvs", key, group, lines, text: [...lines, more].join("\n") } as const;
}

function partsOf(node: Node, owner: string, family: Family): (IpvsPart | IptablesPart)[] {
  const all = portals(node, isOfFamily(family));
  const tables = ipvsBase(node, family, all);
  const objects = [...tables.objects];
  const isSet = ({ kind }: Planned) => kind === "IpSet";
  return [
    ...objects.filter(isSet).map(({ inputs }) => setPart(inputs, family)),
    ...nodeParts(
      objects.filter((each) => !isSet(each)),
      family,
      owner,
    ),
    ...unique(all.flatMap((portal) => [...entryParts(portal, family), ...addressParts(portal)])),
    ...all.flatMap((portal) => serverParts(tables, node, portal)),
  ];
}

/** Two services may ask for the same: it is the first one's. */
function unique<P extends Part>(parts: readonly P[]): P[] {
  const byKey = new Map<string, P>();
  for (const part of parts) if (!byKey.has(part.key)) byKey.set(part.key, part);
  return [...byKey.values()];
}

function setPart(inputs: Planned["inputs"], family: Family): SetPart {
  const { name, type, ...others } = ipSet.args.parse({ ...inputs, entries: [], owner: "" });
  const options = optionsOf({ type, ...others });
  return { ...base(`set ${name}`, nodeGroup(family), [options.join(" ")]), what: "set", name, options };
}

function entryParts(portal: Portal, family: Family): EntryPart[] {
  return [...entriesOf([portal])].flatMap(([name, entries]: [SetName, readonly string[]]) => {
    const set = setName(family, name);
    return entries.map((entry) => ({
      ...base(`entry ${entry} of set ${set}`, portal.service.name, [""]),
      ...{ what: "entry", set, entry },
    }));
  });
}

function addressParts({ address, external, service }: Portal): AddressPart[] {
  return [address, ...external].map((each) => ({
    ...base(`address ${each} of ${link}`, service.name, [""]),
    ...{ what: "address", address: onLink(each) },
  }));
}

function serverParts(tables: Tables, node: Node, portal: Portal): ServerPart[] {
  const done = tables.objects.length;
  virtualServers(tables, node, portal, []);
  const servers = new Map<string, { key: ServiceKey; words: string[]; backends: Map<string, string[]> }>();
  for (const { kind, inputs } of tables.objects.slice(done)) {
    if (kind === "IpvsService") {
      const { protocol, address = "", port = 0, ...settings } = ipvsService.args.parse({ ...inputs, owner: "" });
      const key = { protocol, address, port };
      servers.set(serviceId(key), { key, words: serviceWords(settings), backends: new Map() });
    } else {
      const { service, address, port, ...settings } = ipvsBackend.args.parse({ ...inputs, owner: "" });
      servers.get(service)?.backends.set(endpoint(address, port), backendWords(settings));
    }
  }
  return [...servers].map(([id, { key, words, backends }]) => ({
    ...base(`virtual server ${id}`, portal.service.name, linesOf(words, backends)),
    ...{ what: "server", server: key, words, backends },
  }));
}

/** A virtual server and what is behind it, whose order means nothing. */
export function linesOf(words: readonly string[], backends: ReadonlyMap<string, readonly string[]>): string[] {
  return [words.join(" "), ...[...backends].map(([end, of]) => `${end} ${of.join(" ")}`).sort()];
}
