import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { clashes } from "../../kinds/services/clashes";
import { type Node, node, service } from "../../kinds/services/node";
import { reasonOf } from "../reason";
import type { KubeProxyNodeArgs, VirtualServiceArgs } from "./args";
import { withPodAddresses } from "./pods";

const nodeWithPods = node.extend({
  services: z.array(z.preprocess(withPodAddresses, service), "must be a list of services").default([]),
});

/** What a node is asked to be, with all defaults. What is wrong with it ends the program: each property and its rule. */
export function checkNode(subject: string, args: KubeProxyNodeArgs): Node {
  return checked(subject, args, (path) => path);
}

/** The same of a node with one service, whose inputs stand beside the node's. */
export function checkService(subject: string, name: string, args: VirtualServiceArgs): Node {
  const { addresses, ports, endpoints, sessionAffinity, externalAddresses, ...others } = args;
  const { internalTrafficPolicy, externalTrafficPolicy, name: serviceName = name, ...nodeArgs } = others;
  const policies = { internalTrafficPolicy, externalTrafficPolicy };
  const only = { name: serviceName, addresses, ports, endpoints, sessionAffinity, externalAddresses, ...policies };
  return checked(subject, { ...nodeArgs, services: [only] }, (path) => (path[0] === "services" ? path.slice(2) : path));
}

type Path = readonly PropertyKey[];

/** `nameOf`: the property in the program that is meant by one of a node's. */
function checked(
  subject: string,
  { netns: _, host: __, ...args }: KubeProxyNodeArgs,
  nameOf: (path: Path) => Path,
): Node {
  const result = nodeWithPods.safeParse(args, { reportInput: true });
  const failures: (readonly [path: Path, rule: string])[] = result.success
    ? clashes(result.data)
    : result.error.issues.map((issue) => [issue.path, reasonOf(issue, "objects")] as const);
  if (result.success && failures.length === 0) return result.data;
  const lines = failures.map(([path, rule]) => [subject, nameOf(path).map(String).join("."), rule]);
  throw new pulumi.RunError(lines.map((line) => line.filter((part) => part !== "").join(": ")).join("\n"));
}
