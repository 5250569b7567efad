import { isIPv6 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { getRouteToOutput } from "../../generated/functions";
import type { LocalnetProvider } from "../../pulumi/explicit-provider";
import type { Members, OverlayArgs } from "./args";
import { mtusOf, pairsOf, reasonAgainst } from "./plan";

/** The parts of the network between the hosts that an overlay needs to know. */
export interface Underlay {
  /** The addresses by which the other hosts reach each host. */
  readonly addresses: ReadonlyMap<string, pulumi.Output<string>>;
  readonly mtus: pulumi.Output<{ readonly wireguard: number; readonly lan: number }>;
  /** For IPv6, the address that a host sends from, because a VXLAN link without one uses IPv4. */
  sourceOf(host: string): pulumi.Output<string | undefined>;
}

/** Reads the routes on the hosts. Fails if two of them are the same host, or do not reach each other. */
export function readUnderlay(
  subject: string,
  ask: typeof getRouteToOutput,
  members: Members,
  args: OverlayArgs,
): Underlay {
  const names = Object.keys(members);
  const addresses = new Map(
    Object.entries(members).map(([name, { provider }]) => [name, (provider as LocalnetProvider).address]),
  );
  const routes = pairsOf(members).map(([from, to]) =>
    ask(
      { address: addresses.get(to) as pulumi.Output<string> },
      { provider: members[from]?.provider as pulumi.ProviderResource },
    ).apply((route) => ({ from, to, ...route })),
  );
  const all = pulumi.all([pulumi.all(routes), pulumi.all([...addresses.values()]), args.underlayMtu]);
  const read = all.apply(([known, texts, given]) => {
    const reason = reasonAgainst(known, new Map(names.map((name, index) => [name, texts[index] ?? ""])), args);
    const underlay = given ?? Math.min(...known.map(({ mtu }) => mtu ?? Number.POSITIVE_INFINITY));
    const mtus = reason ?? mtusOf(underlay, texts, args);
    if (typeof mtus === "string") throw new pulumi.RunError(`${subject}: ${mtus}`);
    const sources = known.map(({ from, source }): [string, string | undefined] => [from, source]);
    return { mtus, sources: Object.fromEntries(sources) };
  });
  return {
    addresses,
    mtus: read.mtus,
    sourceOf: (host) => read.apply(({ sources: { [host]: source } }) => (isIPv6(source ?? "") ? source : undefined)),
  };
}
