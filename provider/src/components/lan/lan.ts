import * as pulumi from "@pulumi/pulumi";
import type { getRouteToOutput } from "../../generated/functions";
import type * as classes from "../../generated/resources";
import type { LocalnetProvider } from "../../pulumi/explicit-provider";
import { withoutLength } from "../../pulumi/meaning";
import { requestOf } from "../../pulumi/references";
import type { LanMember, OverlayArgs } from "./args";
import { checkMembers } from "./check";
import { allZeros, linkName, mtuOf, pairsOf, reasonAgainst, vniOf } from "./plan";

/** The classes of one of the two providers, and what asks a host for its routes. */
export type Classes = Pick<typeof classes, "BridgeFdb" | "Probe" | "Vxlan"> & {
  getRouteToOutput: typeof getRouteToOutput;
};

type Members = Readonly<Record<string, LanMember>>;

/** What Lan and HostLink are: bridges on several hosts, and on each a VXLAN link that sends to every other host. */
export abstract class Overlay extends pulumi.ComponentResource {
  /** The mtu that every link in the LAN needs: larger packets are lost between the hosts. */
  readonly mtu: pulumi.Output<number>;
  /** The number of the VXLAN. */
  readonly vni: number;
  readonly #links = new Map<string, classes.Vxlan>();

  protected constructor(
    of: Classes,
    type: string,
    name: string,
    members: Members,
    args: OverlayArgs,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super(`localnet:index:${type}`, name, {}, options);
    const subject = `${type} ${name}`;
    checkMembers(subject, members, args);
    this.vni = args.vni ?? vniOf(`${pulumi.getProject()}/${pulumi.getStack()}/${name}`);
    const addresses = new Map(
      Object.entries(members).map(([each, { provider }]) => [each, (provider as LocalnetProvider).address]),
    );
    this.mtu = mtuBetween(subject, of, members, addresses, args);
    const entries = Object.keys(members).flatMap((each) => this.#join(of, name, each, members, addresses, args));
    for (const [from, to] of pairsOf(members)) this.#probe(of, `${name}-${from}-${to}`, members, from, to, entries);
    this.registerOutputs({});
  }

  /** The VXLAN link on a host, by the host's name. */
  link(name: string): classes.Vxlan {
    const found = this.#links.get(name);
    if (found) return found;
    throw new pulumi.RunError(`there is no host ${name}, but ${[...this.#links.keys()].join(", ")}`);
  }

  #join(
    of: Classes,
    name: string,
    host: string,
    members: Members,
    addresses: ReadonlyMap<string, pulumi.Output<string>>,
    { destinationPort }: OverlayArgs,
  ): pulumi.Resource[] {
    const { provider, bridge } = members[host] as LanMember;
    const options = { parent: this, provider };
    // In a namespace the link is made in the host's own, which has the way to the other hosts.
    const place = requestOf(bridge)?.netns === undefined ? {} : { netns: bridge.netns as pulumi.Output<string> };
    const link = new of.Vxlan(
      `${name}-${host}`,
      {
        ...{ name: linkName(this.vni), vni: this.vni, master: bridge, mtu: this.mtu, ...place },
        ...(place.netns && { createdIn: "/" }),
        ...(destinationPort !== undefined && { destinationPort }),
      },
      options,
    );
    this.#links.set(host, link);
    const others = [...addresses].filter(([other]) => other !== host);
    // Each host sends what has no one receiver to all others by itself.
    const entries = others.map(([other, destination]) => {
      const entry = { device: link, mac: allZeros, destination, ...place };
      return new of.BridgeFdb(`${name}-${host}-to-${other}`, entry, options);
    });
    return [link, ...entries];
  }

  /** From one bridge to another, where both have addresses. */
  #probe(
    of: Classes,
    name: string,
    members: Members,
    from: string,
    to: string,
    entries: readonly pulumi.Resource[],
  ): void {
    const [near, far] = [members[from], members[to]] as [LanMember, LanMember];
    if (!hasAddress(near) || !hasAddress(far)) return;
    const netns =
      requestOf(near.bridge)?.netns === undefined ? {} : { netns: near.bridge.netns as pulumi.Output<string> };
    const address = far.bridge.addresses.apply((all) => withoutLength(all?.[0] ?? ""));
    const headers = address.apply((text) => (text.includes(":") ? 48 : 28));
    const size = pulumi.all([this.mtu, headers]).apply(([mtu, less]) => mtu - less);
    new of.Probe(
      name,
      { ...netns, ping: { address, size, dontFragment: true }, attempts: 10, triggers: [this.mtu] },
      { parent: this, provider: near.provider, dependsOn: [...entries, near.bridge, far.bridge] },
    );
  }
}

function hasAddress({ bridge }: LanMember): boolean {
  return requestOf(bridge)?.addresses !== undefined;
}

/** What fits through all ways between the hosts. That they are different ones is known by then, too. */
function mtuBetween(
  subject: string,
  of: Classes,
  members: Members,
  addresses: ReadonlyMap<string, pulumi.Output<string>>,
  { underlayMtu }: OverlayArgs,
): pulumi.Output<number> {
  const ways = pairsOf(members).map(([from, to]) =>
    of
      .getRouteToOutput({ address: addresses.get(to) as pulumi.Output<string> }, providerOf(members, from))
      .apply((way) => ({ from, to, ...way })),
  );
  return pulumi
    .all([pulumi.all(ways), pulumi.all([...addresses.values()]), underlayMtu])
    .apply(([found, all, said]) => {
      const reason = reasonAgainst(found);
      const underlay = said ?? Math.min(...found.map(({ mtu }) => mtu ?? Number.POSITIVE_INFINITY));
      const result = reason ?? mtuOf(underlay, all);
      if (typeof result === "number") return result;
      throw new pulumi.RunError(`${subject}: ${result}`);
    });
}

function providerOf(members: Members, name: string): { provider: pulumi.ProviderResource } {
  return { provider: (members[name] as LanMember).provider };
}
