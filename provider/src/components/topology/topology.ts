import * as pulumi from "@pulumi/pulumi";
import type * as classes from "../../generated/resources";
import type { TopologyArgs } from "./args";
import type { Graph } from "./graph";
import { type PlannedCable, type PlannedNode, type PlannedRoute, planned } from "./plan";

/** The classes of one of the two providers. */
type Classes = Pick<typeof classes, "Address" | "Netns" | "Route" | "Sysctl" | "VethPair">;

const settings = { ip_forward: "net.ipv4.ip_forward", forwarding: "net.ipv6.conf.all.forwarding" } as const;

/** The common part of all topologies: routers as namespaces, and cables between them. */
export abstract class Topology extends pulumi.ComponentResource {
  readonly #nodes = new Map<string, classes.Netns>();
  readonly #cables = new Map<string, classes.VethPair>();
  readonly #loopbacks = new Map<string, classes.Address>();

  protected constructor(
    of: Classes,
    type: string,
    name: string,
    args: TopologyArgs,
    graph: Graph,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super(`localnet:index:${type}`, name, {}, options);
    const plan = planned(graph, args);
    for (const node of plan.nodes) this.#equip(of, `${name}-${node.name}`, node, args);
    for (const cable of plan.cables) this.#connect(of, name, cable, args);
    for (const route of plan.routes) this.#route(of, name, route);
    this.registerOutputs({});
  }

  /** The namespace of a node, by its name in the topology, such as `leaf1`. */
  node(name: string): classes.Netns {
    return getOrThrow(this.#nodes, "node", name);
  }

  /** A cable by its name, such as `leaf1-spine2`. Each end has the name of the node that it leads to. */
  cable(name: string): classes.VethPair {
    return getOrThrow(this.#cables, "cable", name);
  }

  /** A node's own address, on `lo`. */
  loopback(name: string): classes.Address {
    return getOrThrow(this.#loopbacks, "address of a node's own for", name);
  }

  /** The names of the nodes. */
  get nodeNames(): string[] {
    return [...this.#nodes.keys()];
  }

  /** The names of the cables. */
  get cableNames(): string[] {
    return [...this.#cables.keys()];
  }

  #equip(of: Classes, name: string, { name: node, loopback }: PlannedNode, args: TopologyArgs): void {
    const options = { parent: this };
    const netns = new of.Netns(name, args.host === undefined ? {} : { host: args.host }, options);
    this.#nodes.set(node, netns);
    if (loopback)
      this.#loopbacks.set(node, new of.Address(`${name}-lo`, { netns, device: "lo", address: loopback }, options));
    if (args.forwarding ?? true)
      for (const [word, key] of Object.entries(settings))
        new of.Sysctl(`${name}-${word}`, { netns, key, value: 1 }, options);
  }

  #connect(of: Classes, name: string, { name: cable, ends, addresses, isCut }: PlannedCable, args: TopologyArgs): void {
    const [near, far] = ends;
    const end = (netns: string, neighbour: string, address: string | undefined) => {
      return { name: neighbour, netns: this.node(netns), ...(address && { addresses: [address] }), ...args.cables };
    };
    const pair = new of.VethPair(
      `${name}-${cable}`,
      {
        ...end(near, far, addresses[0]),
        // The other end loses its carrier.
        up: !isCut,
        peer: end(far, near, addresses[1]),
      },
      { parent: this },
    );
    this.#cables.set(cable, pair);
  }

  #route(of: Classes, name: string, { node, destination, source, nextHops }: PlannedRoute): void {
    const [first, ...others] = nextHops;
    const loopback = this.#loopbacks.get(node);
    new of.Route(
      `${name}-${node}-${destination}`,
      {
        netns: this.node(node),
        destination,
        ...(source && { source }),
        ...(others.length > 0 ? { nextHops: [...nextHops] } : first),
      },
      // Next hops are given as text, so Pulumi cannot see which cable a route needs.
      { parent: this, dependsOn: [...this.#cables.values(), ...(loopback ? [loopback] : [])] },
    );
  }
}

function getOrThrow<T>(all: ReadonlyMap<string, T>, what: string, name: string): T {
  const one = all.get(name);
  if (one !== undefined) return one;
  throw new pulumi.RunError(`there is no ${what} ${name}, but ${[...all.keys()].join(", ") || "none at all"}`);
}
