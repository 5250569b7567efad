import type * as pulumi from "@pulumi/pulumi";
import * as classes from "../generated/native-resources";
import type { LeafSpineArgs, LineArgs, RingArgs } from "./topology/args";
import { checkLeafSpine, checkLine, checkRing } from "./topology/check";
import { Topology } from "./topology/topology";

export type * from "./topology/args";

/** Leaves, each with a cable to every spine. */
export class LeafSpine extends Topology {
  constructor(name: string, args: LeafSpineArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, "LeafSpine", name, args, checkLeafSpine(`LeafSpine ${name}`, args), options);
  }
}

/** Routers in a ring. */
export class Ring extends Topology {
  constructor(name: string, args: RingArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, "Ring", name, args, checkRing(`Ring ${name}`, args), options);
  }
}

/** Routers in a row. */
export class Line extends Topology {
  constructor(name: string, args: LineArgs, options?: pulumi.ComponentResourceOptions) {
    super(classes, "Line", name, args, checkLine(`Line ${name}`, args), options);
  }
}
