import * as pulumi from "@pulumi/pulumi";
import type * as classes from "../generated/resources";
import type { Node } from "../kinds/services/node";
import type { Planned } from "../kinds/services/plan";
import type { KubeProxyNodeArgs, KubeProxyNodeBaseArgs, VirtualServiceArgs } from "./kube-proxy/args";

/** The classes of one of the two providers. */
type Classes = Pick<typeof classes, Planned["kind"]>;

type Class = new (name: string, args: object, options: pulumi.CustomResourceOptions) => pulumi.Resource;

/** What kube-proxy makes of a node and its services. */
abstract class NodeObjects extends pulumi.ComponentResource {
  protected constructor(
    of: Classes,
    type: string,
    name: string,
    planned: readonly Planned[],
    { netns, host }: KubeProxyNodeBaseArgs,
    options: pulumi.ComponentResourceOptions,
  ) {
    super(`localnet:index:${type}`, name, {}, options);
    const place = { ...(netns !== undefined && { netns }), ...(host !== undefined && { host }) };
    const made = new Map<string, pulumi.Resource>();
    for (const each of planned) {
      const before = each.after.flatMap((other) => made.get(other) ?? []);
      const dependsOn = [...before, ...((each.gates ?? []) as pulumi.Resource[])];
      const kind = of[each.kind] as unknown as Class;
      made.set(each.name, new kind(`${name}-${each.name}`, { ...place, ...each.inputs }, { parent: this, dependsOn }));
    }
    this.registerOutputs({});
  }
}

/** What the classes of both providers are. */
export abstract class AnyKubeProxyNode extends NodeObjects {
  protected constructor(
    of: Classes,
    name: string,
    args: KubeProxyNodeArgs = {},
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super(of, "KubeProxyNode", name, objectsOf(checks().checkNode(`KubeProxyNode ${name}`, args)), args, options);
  }
}

/** What the classes of both providers are. */
export abstract class AnyVirtualService extends NodeObjects {
  protected constructor(
    of: Classes,
    name: string,
    args: VirtualServiceArgs,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    const node = checks().checkService(`VirtualService ${name}`, name, args);
    super(of, "VirtualService", name, objectsOf(node), args, options);
  }
}

// Not every program has one of them, and what checks the inputs takes its time to load.
const checks = () => require("./kube-proxy/check") as typeof import("./kube-proxy/check");
const objectsOf = (node: Node) =>
  (require("../kinds/services/objects") as typeof import("../kinds/services/objects")).objectsOf(node);
