import type { Host } from "../../host";
import { enter } from "../../host/netns";
import type { Link } from "../../tools/ip/links";

interface Because {
  readonly text: string;
  readonly hint?: string;
}

/** Why a bridge did not forward what a port received. */
export function bridgeCause({ ifname: name, flags }: Link): Because {
  if (!flags.includes("UP")) return { text: `bridge ${name} is down`, hint: "set it up" };
  return {
    text: `bridge ${name} has not passed it on`,
    hint: "see bridge -d link and bridge vlan: a port may be isolated, blocked, or in another VLAN",
  };
}

/** Explains it if one of the receivers is behind the port by which the packet came in. */
export async function hairpinCause(
  host: Host,
  netns: string | undefined,
  bridge: string,
  port: string,
  receivers: readonly string[],
): Promise<Because | undefined> {
  const show = async (...argv: string[]) => (await host.run(enter(netns, argv), { accept: "any" })).stdout;
  const neighbours = await show("ip", "neigh", "show", "dev", bridge);
  const entries = parseFdb(await show("bridge", "fdb", "show", "br", bridge));
  const isBehind = (address: string) => {
    const mac = macOf(neighbours, address);
    return entries.some((each) => each.mac === mac && each.port === port && !each.isPermanent);
  };
  if (!receivers.some(isBehind)) return undefined;
  return {
    text: `bridge ${bridge} sends nothing back out of the port that it came in by, ${port}`,
    hint: `set hairpin on ${port}, or make ${bridge} promiscuous, so that the routing gets it`,
  };
}

/** The MAC address of a neighbour, from the output of `ip neigh show`. */
export function macOf(neighbours: string, address: string): string | undefined {
  return neighbours
    .split("\n")
    .find((line) => line.startsWith(`${address} `))
    ?.match(/ lladdr (\S+)/)?.[1];
}

/** Parses the output of `bridge fdb show`. Permanent entries are those of the ports themselves. */
export function parseFdb(text: string): { mac: string; port: string; isPermanent: boolean }[] {
  return [...text.matchAll(/^(\S+) dev (\S+)(.*)$/gm)].map(([, mac = "", port = "", rest = ""]) => ({
    ...{ mac, port, isPermanent: / permanent/.test(rest) },
  }));
}
