import * as pulumi from "@pulumi/pulumi";
import type { getRouteToOutput } from "../../generated/functions";
import type * as classes from "../../generated/resources";
import { withoutLength } from "../../pulumi/meaning";
import { requestOf } from "../../pulumi/references";
import type { LanMember, Members, OverlayArgs } from "./args";
import { checkMembers } from "./check";
import { allZeros, pairsOf, vniOf, vxlanName } from "./plan";
import { readUnderlay } from "./underlay";
import { Tunnels } from "./wireguard";

/** The classes of one of the two providers, and its function that reads routes. */
export type Classes = Pick<typeof classes, "BridgeFdb" | "Probe" | "Vxlan" | "Wireguard" | "WireguardKey"> & {
  getRouteToOutput: typeof getRouteToOutput;
};

/** How a VXLAN link reaches the other hosts. */
export interface Paths {
  /** The address of a host. */
  addressOf(host: string): pulumi.Input<string>;
  /** The inputs that the VXLAN link on a host needs for that. */
  inputsOf(host: string): Pick<classes.VxlanArgs, "link" | "local">;
}

/** The common part of Lan and HostLink: bridges on several hosts, and on each host a VXLAN link that sends to all others. */
export abstract class Overlay extends pulumi.ComponentResource {
  /** The mtu that every link in the LAN must have: larger packets are lost between the hosts. */
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
    const lanId = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
    this.vni = args.vni ?? vniOf(lanId);
    const underlay = readUnderlay(subject, of.getRouteToOutput, members, args);
    this.mtu = underlay.mtus.lan;
    const paths: Paths =
      args.over === "wireguard"
        ? new Tunnels(this, of, name, lanId, this.vni, members, underlay, args)
        : {
            addressOf: (host) => underlay.addresses.get(host) as pulumi.Output<string>,
            inputsOf: (host) => ({ local: underlay.sourceOf(host) as pulumi.Output<string> }),
          };
    const entries = Object.keys(members).flatMap((each) => this.#join(of, name, each, members, paths, args));
    for (const [from, to] of pairsOf(members)) this.#probe(of, `${name}-${from}-${to}`, members, from, to, entries);
    this.registerOutputs({});
  }

  /** The VXLAN link on a host, by the host's name. */
  link(name: string): classes.Vxlan {
    const link = this.#links.get(name);
    if (link) return link;
    throw new pulumi.RunError(`there is no host ${name}, but ${[...this.#links.keys()].join(", ")}`);
  }

  #join(
    of: Classes,
    name: string,
    host: string,
    members: Members,
    paths: Paths,
    { destinationPort }: OverlayArgs,
  ): pulumi.Resource[] {
    const { provider, bridge } = members[host] as LanMember;
    const options = { parent: this, provider };
    // A link for a bridge in a namespace is made in the host's own namespace, which has the routes to the other hosts, and
    // then moved.
    const place = requestOf(bridge)?.netns === undefined ? {} : { netns: bridge.netns as pulumi.Output<string> };
    const link = new of.Vxlan(
      `${name}-${host}`,
      {
        ...{ name: vxlanName(this.vni), vni: this.vni, master: bridge, mtu: this.mtu, ...place },
        ...paths.inputsOf(host),
        ...(place.netns && { createdIn: "/" }),
        ...(destinationPort !== undefined && { destinationPort }),
      },
      options,
    );
    this.#links.set(host, link);
    const others = Object.keys(members).filter((other) => other !== host);
    // Each host sends broadcasts and frames for unknown receivers to all others itself.
    const entries = others.map((other) => {
      const entry = { device: link, mac: allZeros, destination: paths.addressOf(other), ...place };
      return new of.BridgeFdb(`${name}-${host}-to-${other}`, entry, options);
    });
    return [link, ...entries];
  }

  /** Probes from one bridge to another, if both have addresses. */
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
