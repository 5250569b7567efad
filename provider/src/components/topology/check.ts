import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { cidr, isNetwork } from "../../schema/fields";
import { reasonOf } from "../reason";
import { countOf } from "../subnet";
import type { LeafSpineArgs, LineArgs, RingArgs, TopologyArgs } from "./args";
import { type Graph, leafSpine, line, ring } from "./graph";
import { isSix, lengthOf, pairLength } from "./plan";

const network = z
  .string("must be a network, such as 10.0.0.0/16")
  .refine(
    (text) => cidr.safeParse(text).success && isNetwork(text),
    "must be a network, all bits behind the prefix zero",
  );
const flag = z.boolean("must be true or false").optional();

/** Each count has its own minimum. */
function shape(counts: Readonly<Record<string, number>>) {
  const count = ([name, least]: [string, number]) => {
    const rule = `must be a whole number, ${least} to 250`;
    return [name, z.int(rule).min(least, rule).max(250, rule)];
  };
  return z.strictObject({
    ...(Object.fromEntries(Object.entries(counts).map(count)) as Record<string, z.ZodNumber>),
    network: network.optional(),
    loopbacks: network.optional(),
    routes: flag,
    forwarding: flag,
    cut: z.array(z.string("must be names of cables"), "must be a list of names of cables").optional(),
    cables: z
      .strictObject({ mtu: z.unknown(), impairment: z.unknown(), offloads: z.unknown() }, "must be an object")
      .partial()
      .optional(),
  });
}

export function checkLeafSpine(subject: string, args: LeafSpineArgs): Graph {
  return check(subject, args, { spines: 1, leaves: 1 }, ({ spines, leaves }) => leafSpine(spines, leaves));
}

export function checkRing(subject: string, args: RingArgs): Graph {
  return check(subject, args, { routers: 3 }, ({ routers }) => ring(routers));
}

export function checkLine(subject: string, args: LineArgs): Graph {
  return check(subject, args, { routers: 2 }, ({ routers }) => line(routers));
}

/** Throws if inputs are wrong, with each property and its rule. */
function check<A extends TopologyArgs>(
  subject: string,
  { host: _, ...args }: A,
  counts: Readonly<Record<string, number>>,
  graphOf: (args: A) => Graph,
): Graph {
  const { success, error } = shape(counts).safeParse(args, { reportInput: true });
  const failures = success ? [] : error.issues.map((issue) => [issue.path.join("."), reasonOf(issue, "resources")]);
  const graph = success ? graphOf(args as unknown as A) : undefined;
  if (graph) failures.push(...clashes(args, graph));
  if (graph && failures.length === 0) return graph;
  throw new pulumi.RunError(
    failures.map(([path, rule]) => [subject, path, rule].filter(Boolean).join(": ")).join("\n"),
  );
}

function clashes({ network, loopbacks, routes, cut = [] }: TopologyArgs, { nodes, cables }: Graph): string[][] {
  const names = cables.map(({ name }) => name);
  return [
    ...cut
      .filter((name) => !names.includes(name))
      .map((name) => ["cut", `there is no cable ${name}, but ${names.slice(0, 3).join(", ")} and so on`]),
    ...(routes && !network ? [["routes", "needs network"]] : []),
    ...(routes && network && loopbacks && isSix(network) !== isSix(loopbacks)
      ? [["loopbacks", "must be of the IP version of network, for routes"]]
      : []),
    ...(network && countOf(network, pairLength(network)) < cables.length
      ? [["network", `is too small for ${cables.length} cables with two addresses each`]]
      : []),
    // The first address stays unused.
    ...(loopbacks && countOf(loopbacks, lengthOf(loopbacks)) <= nodes.length
      ? [["loopbacks", `is too small for ${nodes.length} nodes`]]
      : []),
  ];
}
