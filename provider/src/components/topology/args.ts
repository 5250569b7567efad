import type * as pulumi from "@pulumi/pulumi";
import type { VethPairArgs } from "../../generated/resources";

/** What all topologies take. What decides which resources there are is plain, and no output. */
export interface TopologyArgs {
  /** Network that the cables have their addresses from, a subnet of two addresses each, `10.0.0.0/16`. Default: no addresses. */
  network?: string | undefined;
  /** Network that the nodes have addresses of their own from, on `lo`, `10.255.0.0/24`. Default: none. */
  loopbacks?: string | undefined;
  /**
   * Static routes by all of the shortest ways that are not cut: to the nodes' own addresses, or else to those of the cables.
   * Needs `network`. Default: false.
   */
  routes?: boolean | undefined;
  /** Does each node forward packets? Default: true. */
  forwarding?: boolean | undefined;
  /** Cables that are cut, by their names, such as `leaf1-spine2`: they are there, but down. */
  cut?: string[] | undefined;
  /** What both ends of each cable are like. */
  cables?: Pick<VethPairArgs, "mtu" | "impairment" | "offloads"> | undefined;
  /** Where it is: `ssh://[user@]name[:port]`. Default: as for all resources. */
  host?: pulumi.Input<string> | undefined;
}

/** The inputs of {@link LeafSpine}. */
export interface LeafSpineArgs extends TopologyArgs {
  /** How many spines: `spine1`, `spine2` and so on. */
  spines: number;
  /** How many leaves, each with a cable to every spine: `leaf1` and so on. */
  leaves: number;
}

/** The inputs of {@link Ring}. */
export interface RingArgs extends TopologyArgs {
  /** How many routers, at least three: `router1` and so on. */
  routers: number;
}

/** The inputs of {@link Line}. */
export interface LineArgs extends TopologyArgs {
  /** How many routers, at least two: `router1` and so on. */
  routers: number;
}
