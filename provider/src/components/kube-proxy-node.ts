import * as pulumi from "@pulumi/pulumi";
import type * as classes from "../generated/resources";
import type { KubeProxyNodeArgs } from "./kube-proxy/args";
import type { Planned } from "./kube-proxy/plan";

/** The classes of one of the two providers. */
export type Classes = Pick<typeof classes, Planned["kind"]>;

type Class = new (name: string, args: object, options: pulumi.CustomResourceOptions) => pulumi.Resource;

/** What the classes of both providers are. */
export abstract class AnyKubeProxyNode extends pulumi.ComponentResource {
  protected constructor(
    of: Classes,
    name: string,
    args: KubeProxyNodeArgs = {},
    options: pulumi.ComponentResourceOptions = {},
  ) {
    // Not every program has one, and what checks the inputs takes its time to load.
    const { objectsOf } = require("./kube-proxy/objects") as typeof import("./kube-proxy/objects");
    const objects = objectsOf(`KubeProxyNode ${name}`, args);
    super("localnet:index:KubeProxyNode", name, {}, options);
    const { netns, host } = args;
    const place = { ...(netns !== undefined && { netns }), ...(host !== undefined && { host }) };
    const made = new Map<string, pulumi.Resource>();
    for (const each of objects) {
      const before = each.after.flatMap((other) => made.get(other) ?? []);
      const dependsOn = [...before, ...((each.gates ?? []) as pulumi.Resource[])];
      const kind = of[each.kind] as unknown as Class;
      made.set(each.name, new kind(`${name}-${each.name}`, { ...place, ...each.inputs }, { parent: this, dependsOn }));
    }
    this.registerOutputs({});
  }
}
