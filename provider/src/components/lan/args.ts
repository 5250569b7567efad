import type * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "../../generated/resources";

/** A host's part of a LAN. */
export interface LanMember {
  /** The host: a `Provider` of the import path that the component is of. */
  provider: pulumi.ProviderResource;
  /** The bridge there that is part of the LAN. It may be in a namespace; the packets between hosts go through the host's own. */
  bridge: Bridge;
}

/** The hosts of an overlay, by their names. */
export type Members = Readonly<Record<string, LanMember>>;

/** What links between hosts have in common. */
export interface OverlayArgs {
  /** What carries the frames: VXLAN by itself, or VXLAN within WireGuard, which encrypts it. Default: vxlan. */
  over?: "vxlan" | "wireguard" | undefined;
  /** Number of the VXLAN, 1 to 16777215. Default: one that follows from the names of the project, the stack and the component. */
  vni?: number | undefined;
  /** UDP port of VXLAN. Default: 4789. */
  destinationPort?: number | undefined;
  /** UDP port of WireGuard, on each of the hosts. Default: 51820. */
  listenPort?: number | undefined;
  /**
   * Largest packet of the network between the hosts, in bytes. Default: the least of what the hosts' routes to each other have,
   * which is looked up in a preview too: the hosts have to be there.
   */
  underlayMtu?: pulumi.Input<number> | undefined;
}

/** The inputs of {@link Lan}. */
export interface LanArgs extends OverlayArgs {
  /** The hosts, by names that are part of their resources' names. */
  hosts: Members;
}

/** The inputs of {@link HostLink}. */
export interface HostLinkArgs extends OverlayArgs {
  /** One end. */
  a: LanMember;
  /** The other end, on another host. */
  b: LanMember;
}
