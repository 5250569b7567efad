import type * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "../../generated/resources";

/** A host's part of a LAN. */
export interface LanMember {
  /** The host: a `Provider`, imported from the same path as the component. */
  provider: pulumi.ProviderResource;
  /**
   * The bridge on that host that becomes part of the LAN. It may be in a namespace; the packets between hosts pass through
   * the host's own.
   */
  bridge: Bridge;
}

/** The hosts of an overlay, by their names. */
export type Members = Readonly<Record<string, LanMember>>;

/** The common inputs of {@link Lan} and {@link HostLink}. */
export interface OverlayArgs {
  /** What carries the frames: VXLAN alone, or VXLAN inside WireGuard, which encrypts it. Default: vxlan. */
  over?: "vxlan" | "wireguard" | undefined;
  /** Number of the VXLAN, 1 to 16777215. Default: derived from the names of the project, the stack and the component. */
  vni?: number | undefined;
  /** UDP port of VXLAN. Default: 4789. */
  destinationPort?: number | undefined;
  /** UDP port of WireGuard, on each of the hosts. Default: 51820. */
  listenPort?: number | undefined;
  /**
   * Largest packet of the network between the hosts, in bytes. Default: the smallest mtu of the hosts' routes to each other.
   * It is read from the hosts, in a preview too, so the hosts must exist.
   */
  underlayMtu?: pulumi.Input<number> | undefined;
}

/** The inputs of {@link Lan}. */
export interface LanArgs extends OverlayArgs {
  /** The hosts. Their names become part of the names of the resources. */
  hosts: Members;
}

/** The inputs of {@link HostLink}. */
export interface HostLinkArgs extends OverlayArgs {
  /** One end. */
  a: LanMember;
  /** The other end, on another host. */
  b: LanMember;
}
