import type { Host } from "../../host";
import { enter } from "../../host/netns";

/** The routing decision of a namespace for a packet. */
export type Routed =
  | { readonly kind: "local" }
  | { readonly kind: "forward"; readonly link: string; readonly via?: string }
  | { readonly kind: "failed"; readonly error: string };

interface Lookup {
  readonly to: string;
  /** For a packet that comes in: its source and link. */
  readonly from?: string;
  readonly link?: string;
}

export async function routeFor(host: Host, netns: string | undefined, { to, from, link }: Lookup): Promise<Routed> {
  const way = from !== undefined && link !== undefined ? ["from", from, "iif", link] : [];
  const argv = enter(netns, ["ip", "route", "get", to, ...way]);
  const { exitCode, stdout, stderr } = await host.run(argv, { accept: "any" });
  return parseRoute(exitCode === 0 ? stdout : "", stderr);
}

/** Parses the output of `ip route get`. */
export function parseRoute(stdout: string, stderr: string): Routed {
  const [first = ""] = stdout.split("\n");
  if (first === "") return { kind: "failed", error: /answers: (.*)/.exec(stderr)?.[1] ?? stderr.trim() };
  if (/^(local|broadcast|multicast) /.test(first)) return { kind: "local" };
  const [type] = /^(unreachable|prohibit|blackhole)\b/.exec(first) ?? [];
  if (type) return { kind: "failed", error: `a route of type ${type}` };
  const [link, via] = [/ dev (\S+)/.exec(first)?.[1] ?? "", / via (?:inet6? )?(\S+)/.exec(first)?.[1]];
  return { kind: "forward", link, ...(via !== undefined && { via }) };
}

/** Is the neighbour entry of an address unresolved? */
export async function asksNeighbour(
  host: Host,
  netns: string | undefined,
  address: string,
  link: string,
): Promise<boolean> {
  const argv = enter(netns, ["ip", "neigh", "show", "to", address, "dev", link]);
  const { stdout } = await host.run(argv, { accept: "any" });
  return stdout.trim() === "" || /FAILED|INCOMPLETE/.test(stdout);
}
