import type { Holder, Holding } from "../../core/holdings";
import { cached, type Host } from "../../host";
import { enter } from "../../host/netns";
import { familyOf } from "../../schema/fields";
import { type Link, ownerOf, showLinks } from "../../tools/ip/links";
import { markedFor } from "../host/process-mark";

// Links that send in UDP have a port in the namespace that they were made in; links of VXLAN share one.

type Family = 4 | 6;
const families: readonly Family[] = [4, 6];

const portOf = (port: number, family: Family) => `UDP port ${port} of IPv${family}`;

interface VxlanInputs {
  readonly vni?: number | undefined;
  readonly destinationPort: number;
  readonly local?: string | undefined;
  readonly remote?: string | undefined;
  readonly group?: string | undefined;
  readonly external: boolean;
  readonly udp6ZeroChecksumRx: boolean;
  readonly up?: boolean | undefined;
}

/** A link that is down has no port, and its number all the same. */
export function vxlanHoldings(inputs: VxlanInputs): Holding[] {
  const { vni, destinationPort, local, remote, group, external, udp6ZeroChecksumRx, up = true } = inputs;
  const family: Family = familyOf(remote ?? group ?? local ?? "0.0.0.0") === 6 ? 6 : 4;
  const sharing = `VXLAN${external ? ", external" : ""}${udp6ZeroChecksumRx ? ", udp6ZeroChecksumRx" : ""}`;
  const ports = (external ? families : [family]).map((each) => portOf(destinationPort, each));
  const number = external ? "each VNI" : `VNI ${vni}`;
  return [
    ...(up ? ports.map((what) => ({ property: "destinationPort", what, sharing })) : []),
    { property: external ? "destinationPort" : "vni", what: `${number} of ${sharing} at ${ports.join(" and ")}` },
  ];
}

interface WireguardInputs {
  readonly listenPort?: number | undefined;
  readonly up?: boolean | undefined;
}

/** A port that the kernel chooses is a free one. */
export function wireguardHoldings({ listenPort, up = true }: WireguardInputs): Holding[] {
  if (listenPort === undefined || !up) return [];
  return families.map((family) => ({ property: "listenPort", what: portOf(listenPort, family) }));
}

interface FouInputs {
  readonly port: number;
  readonly family: "ipv4" | "ipv6";
}

export function fouHoldings({ port, family }: FouInputs): Holding[] {
  return [{ property: "port", what: portOf(port, family === "ipv6" ? 6 : 4) }];
}

/** Who has ports there, and numbers of VXLAN, as far as that can be seen: not links that were moved away. */
export async function udpHolders(host: Host, netns: string | undefined, owner: string): Promise<Holder[]> {
  const [links, sockets] = await Promise.all([showLinks(host, netns), showSockets(host, netns)]);
  const vxlans = links.filter(
    ({ linkinfo, link_netnsid }) => linkinfo?.info_kind === "vxlan" && link_netnsid === undefined,
  );
  const processes = sockets.flatMap(({ pids, whats }) => pids.map((pid) => ({ pid, whats })));
  const marked = processes.map(async ({ pid, whats }) => {
    const mark = await markedFor(host, pid, owner);
    return whats.map((what): Holder => ({ what, who: `process ${pid}`, owner: mark }));
  });
  return [
    ...vxlans.flatMap((link) => vxlanHoldings(inputsOf(link)).map((each) => ({ ...each, ...linkHolder(link, owner) }))),
    ...(await wireguardHolders(host, netns, links, owner)).filter(({ what }) =>
      sockets.some(({ pids, whats }) => pids.length === 0 && whats.includes(what)),
    ),
    ...(await Promise.all(marked)).flat(),
  ];
}

function linkHolder(link: Link, owner: string): Pick<Holder, "who" | "owner" | "name"> {
  return { who: `the link ${link.ifname}`, owner: ownerOf(link, owner), name: link.ifname };
}

function inputsOf({ linkinfo, flags }: Link): VxlanInputs {
  const data = linkinfo?.info_data ?? {};
  const text = (key: string) => (data[key] ?? data[`${key}6`]) as string | undefined;
  return {
    ...{ vni: Number(data.id), destinationPort: Number(data.port), up: flags.includes("UP") },
    ...{ local: text("local"), remote: text("remote"), group: text("group") },
    ...{ external: data.external === true, udp6ZeroChecksumRx: data.udp_zero_csum6_rx === true },
  };
}

async function wireguardHolders(
  host: Host,
  netns: string | undefined,
  links: readonly Link[],
  owner: string,
): Promise<Holder[]> {
  const wireguards = new Map(
    links.flatMap((link) => (link.linkinfo?.info_kind === "wireguard" ? [[link.ifname, link] as const] : [])),
  );
  if (wireguards.size === 0) return [];
  const { stdout } = await host.run(enter(netns, ["wg", "show", "all", "listen-port"]));
  return stdout.split("\n").flatMap((line) => {
    const [name = "", port] = line.split("\t");
    const link = wireguards.get(name);
    return link
      ? wireguardHoldings({ listenPort: Number(port) }).map((each) => ({ ...each, ...linkHolder(link, owner) }))
      : [];
  });
}

interface Socket {
  readonly whats: readonly string[];
  /** None where the kernel has it, or a process that is not seen. */
  readonly pids: readonly number[];
}

function showSockets(host: Host, netns: string | undefined): Promise<Socket[]> {
  return cached(host, `UDP sockets ${netns ?? ""}`, async () => {
    const { stdout } = await host.run(enter(netns, ["ss", "-H", "-l", "-n", "-u", "-p"]));
    return stdout.split("\n").flatMap(parseSocket);
  });
}

/** A line of ss: state, two queues, the own address and port, the other one's, and the processes. */
export function parseSocket(line: string): Socket[] {
  const [, , , end = "", , ...users] = line.trim().split(/\s+/);
  const [, address, port] = /^(.*):(\d+)$/.exec(end) ?? [];
  if (address === undefined) return [];
  const socketFamilies = address.startsWith("*") ? families : [address.startsWith("[") ? (6 as const) : (4 as const)];
  const pids = [...users.join(" ").matchAll(/,pid=(\d+),fd=/g)].map(([, pid]) => Number(pid));
  return [{ whats: socketFamilies.map((family) => portOf(Number(port), family)), pids: [...new Set(pids)] }];
}
