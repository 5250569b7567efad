import * as pulumi from "@pulumi/pulumi";
import type * as kinds from "../resources";

/** The inputs of Pod. */
export interface PodArgs {
  /** Bridge that the pod is connected to. */
  bridge: kinds.Bridge | pulumi.Input<string>;
  /** Namespace of the bridge. Default: the host's own. */
  netns?: kinds.Netns | pulumi.Input<string> | undefined;
  /** IPv4 and IPv6 addresses of the pod with prefix length, `172.22.0.2/24`. */
  addresses: pulumi.Input<pulumi.Input<string>[]>;
  /** Next hop of the pod's IPv4 default route. Default: no route. */
  gateway?: pulumi.Input<string> | undefined;
  /** Next hop of the pod's IPv6 default route. Default: no route. */
  gateway6?: pulumi.Input<string> | undefined;
  /** Name of the pod's network namespace. Default: the resource's name. */
  name?: pulumi.Input<string> | undefined;
  /** Name of the link's end at the bridge, 1 to 15 characters. Default: `veth-` and the resource's name. */
  link?: pulumi.Input<string> | undefined;
  /** Largest packet of the link in bytes. Default: the kernel's choice, 1500. */
  mtu?: pulumi.Input<number> | undefined;
  /** Where the pod lives, as in every kind. */
  host?: pulumi.Input<string> | undefined;
}

/** A network namespace behind a bridge, as a container runtime's network plugin makes it for a Kubernetes pod. */
export interface Pod extends pulumi.ComponentResource {
  /** The pod's namespace. */
  readonly netns: kinds.Netns;
  /** The link: its near end is the bridge's port, the far end is `eth0` in the pod. */
  readonly veth: kinds.VethPair;
  /** The default routes, those that were asked for. */
  readonly routes: kinds.Route[];
}

export type PodClass = new (name: string, args: PodArgs, options?: pulumi.ComponentResourceOptions) => Pod;

/** The class Pod over one provider's classes of the kinds. */
export function podOf({ Netns, VethPair, Route }: Pick<typeof kinds, "Netns" | "VethPair" | "Route">): PodClass {
  return class extends pulumi.ComponentResource implements Pod {
    declare readonly netns: kinds.Netns;
    declare readonly veth: kinds.VethPair;
    declare readonly routes: kinds.Route[];

    constructor(name: string, args: PodArgs, options?: pulumi.ComponentResourceOptions) {
      super("localnet:components:Pod", name, {}, options);
      const { bridge, addresses, host, mtu } = args;
      this.netns = new Netns(name, { name: args.name ?? name, host }, { parent: this });
      this.veth = new VethPair(
        name,
        {
          ...{ name: args.link ?? `veth-${name}`, netns: args.netns, master: bridge, mtu, host },
          peer: { name: "eth0", netns: this.netns, addresses, mtu },
        },
        { parent: this },
      );
      const route = (suffix: string, destination: string, via: pulumi.Input<string>) =>
        new Route(
          `${name}-${suffix}`,
          { netns: this.netns, destination, via, host },
          // It goes with its link.
          { parent: this, dependsOn: this.veth, deletedWith: this.veth },
        );
      this.routes = [
        ...(args.gateway === undefined ? [] : [route("default", "default", args.gateway)]),
        ...(args.gateway6 === undefined ? [] : [route("default6", "::/0", args.gateway6)]),
      ];
      this.registerOutputs();
    }
  };
}
