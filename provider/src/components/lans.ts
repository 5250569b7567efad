import type * as pulumi from "@pulumi/pulumi";
import { getRouteToOutput } from "../generated/functions";
import * as resources from "../generated/resources";
import type { HostLinkArgs, LanArgs } from "./lan/args";
import { Overlay } from "./lan/lan";

export type * from "./lan/args";

const classes = { ...resources, getRouteToOutput };

/** One LAN across several hosts: a bridge on each, and VXLAN between all of them. */
export class Lan extends Overlay {
  constructor(name: string, args: LanArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, "Lan", name, args.hosts, args, options);
  }
}

/** A link between the bridges of two hosts. */
export class HostLink extends Overlay {
  constructor(name: string, args: HostLinkArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, "HostLink", name, { a: args.a, b: args.b }, args, options);
  }
}
