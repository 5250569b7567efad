import type * as pulumi from "@pulumi/pulumi";
import * as classes from "../generated/resources";
import type { KubeProxyNodeArgs, VirtualServiceArgs } from "./kube-proxy/args";
import { AnyKubeProxyNode, AnyVirtualService } from "./kube-proxy-node";

export type * from "./kube-proxy/args";
export * from "./lans";
export { addressIn, subnet } from "./subnet";
export * from "./topologies";

/** The rules that kube-proxy makes on one node for the services of a cluster, as resources of this package. */
export class KubeProxyNode extends AnyKubeProxyNode {
  constructor(name: string, args: KubeProxyNodeArgs = {}, options?: pulumi.ComponentResourceOptions) {
    super(classes, name, args, options);
  }
}

/** One service on a node that has no others: the resources that {@link KubeProxyNode} makes for it. */
export class VirtualService extends AnyVirtualService {
  constructor(name: string, args: VirtualServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, name, args, options);
  }
}
