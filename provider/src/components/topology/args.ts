import type * as pulumi from "@pulumi/pulumi";
import type { VethPairArgs } from "../../generated/resources";

/** The common inputs of all topologies. Those that decide which resources exist are plain values, not outputs. */
export interface TopologyArgs {
  /**
   * Network for the addresses of the cables, such as `10.0.0.0/16`. Each cable gets a subnet of two addresses. Default: no
   * addresses.
   */
  network?: string | undefined;
  /** Network for the nodes' own addresses on `lo`, such as `10.255.0.0/24`. Default: none. */
  loopbacks?: string | undefined;
  /**
   * Static routes over all shortest paths without cut cables: to the nodes' own addresses, or without `loopbacks` to those
   * of the cables. Needs `network`. Default: false.
   */
  routes?: boolean | undefined;
  /** Does each node forward packets? Default: true. */
  forwarding?: boolean | undefined;
  /** Cables that are cut, by their names, such as `leaf1-spine2`: they exist, but are down. */
  cut?: string[] | undefined;
  /** Inputs for both ends of each cable. */
  cables?: Pick<VethPairArgs, "mtu" | "impairment" | "offloads"> | undefined;
  /** The host: `ssh://[user@]name[:port]`. Default: as for all resources. */
  host?: pulumi.Input<string> | undefined;
}

/** The inputs of {@link LeafSpine}. */
export interface LeafSpineArgs extends TopologyArgs {
  /** Number of spines: `spine1`, `spine2` and so on. */
  spines: number;
  /** Number of leaves, each with a cable to every spine: `leaf1` and so on. */
  leaves: number;
}

/** The inputs of {@link Ring}. */
export interface RingArgs extends TopologyArgs {
  /** Number of routers, at least three: `router1` and so on. */
  routers: number;
}

/** The inputs of {@link Line}. */
export interface LineArgs extends TopologyArgs {
  /** Number of routers, at least two: `router1` and so on. */
  routers: number;
}
