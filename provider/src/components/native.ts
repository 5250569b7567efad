import type * as pulumi from "@pulumi/pulumi";
import * as classes from "../generated/native-resources";
import type { KubeProxyNodeArgs, VirtualServiceArgs } from "./kube-proxy/args";
import { AnyKubeProxyNode, AnyVirtualService } from "./kube-proxy-node";

export type * from "./kube-proxy/args";
export * from "./lans-native";
export { addressIn, subnet } from "./subnet";
export * from "./topologies-native";

/** What kube-proxy makes of the services of a cluster on one of its nodes, as objects of this package's kinds. */
export class KubeProxyNode extends AnyKubeProxyNode {
  constructor(name: string, args: KubeProxyNodeArgs = {}, options?: pulumi.ComponentResourceOptions) {
    super(classes, name, args, options);
  }
}

/** One service on a node that has no other: what {@link KubeProxyNode} makes of it. */
export class VirtualService extends AnyVirtualService {
  constructor(name: string, args: VirtualServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, name, args, options);
  }
}
