import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { type Link, showLinks } from "../../tools/ip/links";

/** The links of a namespace, the fault of each one that is used but carries nothing, and all addresses. */
export async function inspectLinks(
  host: Host,
  netns: string | undefined,
): Promise<{ links: Link[]; down: Map<string, string>; addresses: string[] }> {
  const links = await showLinks(host, netns);
  const isUsed = ({ addr_info, link_index }: Link) => addr_info.length > 0 || link_index !== undefined;
  const down = links.filter(isUsed).flatMap((link) => {
    const wrong = wrongWith(link);
    return wrong === undefined ? [] : [[link.ifname, wrong] as const];
  });
  const addresses = links.flatMap(({ addr_info }) => addr_info.flatMap(({ local }) => local ?? []));
  return { links, down: new Map(down), addresses };
}

function wrongWith({ ifname, flags, operstate, linkinfo }: Link): string | undefined {
  if (!flags.includes("UP")) return `link ${ifname} is down`;
  if (!flags.includes("NO-CARRIER") && operstate !== "LOWERLAYERDOWN") return undefined;
  const why = linkinfo?.info_kind === "bridge" ? "none of its ports is up" : "its other end is down";
  return `link ${ifname} has no carrier: ${why}`;
}

/** Does any process listen on a port, on any address? */
export async function listens(
  host: Host,
  netns: string | undefined,
  protocol: "tcp" | "udp",
  port: number,
): Promise<boolean> {
  const argv = enter(netns, ["ss", "-H", "-l", "-n", protocol === "tcp" ? "-t" : "-u", "sport", "=", `:${port}`]);
  return (await host.run(argv, { accept: "any" })).stdout.trim() !== "";
}

export function nameOf(netns: string | undefined): string {
  return netns ?? "the host";
}
