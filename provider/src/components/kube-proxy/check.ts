import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { cidr, familyOf, isLinkLocal, isNetwork, port, unicast } from "../../schema/fields";
import { reasonOf } from "../reason";
import type { KubeProxyNodeArgs, VirtualServiceArgs } from "./args";
import { clashes } from "./clashes";
import type { Family } from "./plan";
import { withPodAddresses } from "./pods";

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const policy = z.enum(["Cluster", "Local"], { error: "must be Cluster or Local" }).default("Cluster");
const address = unicast.refine(
  (text) => !isLinkLocal(text) && !/^(127\.|169\.254\.|::1$)/.test(text),
  "must be an address that others reach too: no loopback or link-local one",
);
const addresses = z.array(address, "must be addresses");
const nodePort = port.refine((value) => value >= 30000 && value <= 32767, "must be 30000 to 32767");
const affinityRule = "must be 1 to 86400";

/** One text stands for a list of one. */
function oneOrMore<T extends z.ZodType>(list: T) {
  return z.preprocess((value) => (typeof value === "string" ? [value] : value), list);
}

const portNameRule = "must be of small letters, digits and -";
const servicePort = z
  .strictObject(
    {
      name: z
        .string(portNameRule)
        .regex(new RegExp(`^${label}$`), portNameRule)
        .optional(),
      port,
      targetPort: port.optional(),
      protocol: z.enum(["tcp", "udp", "sctp"], { error: "must be tcp, udp or sctp" }).default("tcp"),
      nodePort: nodePort.optional(),
    },
    "must be an object with port",
  )
  .transform((value) => ({ ...value, targetPort: value.targetPort ?? value.port }));

const endpoint = z.preprocess(
  (value) => (typeof value === "string" ? { address: value } : value),
  z.strictObject(
    {
      address,
      local: z.boolean("must be true or false").default(true),
      dependsOn: z
        .unknown()
        .transform((value) => [value ?? []].flat())
        .optional(),
    },
    "must be an address, a pod, or an object with address",
  ),
);

const networks = oneOrMore(
  z.array(cidr.refine(isNetwork, "must be a network: all bits behind the prefix zero")),
).default([]);

const seconds = z.int(affinityRule).min(1, affinityRule).max(86400, affinityRule);

const serviceNameRule = "must be such as web or default/web, of small letters, digits and -";
const service = z.preprocess(
  withPodAddresses,
  z.strictObject({
    name: z.string(serviceNameRule).regex(new RegExp(`^(${label}/)?${label}$`), serviceNameRule),
    addresses: oneOrMore(addresses.min(1, "must not be empty")),
    ports: z.array(servicePort, "must be a list of ports").min(1, "must not be empty"),
    endpoints: z.array(endpoint, "must be a list of endpoints").default([]),
    sessionAffinity: z.strictObject({ timeoutSeconds: seconds.default(10800) }, "must be an object").optional(),
    externalAddresses: addresses.default([]),
    internalTrafficPolicy: policy,
    externalTrafficPolicy: policy,
  }),
);

const node = z.strictObject({
  mode: z.enum(["iptables", "ipvs", "nftables"], { error: "must be iptables, ipvs or nftables" }).default("iptables"),
  scheduler: z.string().optional(),
  nodeAddresses: addresses.default([]),
  families: z
    .array(z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }), "must be a list of ipv4 and ipv6")
    .min(1, "must not be empty")
    .default(["ipv4", "ipv6"]),
  podCidr: networks,
  serviceCidr: networks,
  masqueradeAll: z.boolean("must be true or false").default(false),
  services: z.array(service, "must be a list of services").default([]),
});

export type Node = z.output<typeof node>;
export type Service = z.output<typeof service>;
export type Port = z.output<typeof servicePort>;
export type Endpoint = z.output<typeof endpoint>;

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
  const result = node.safeParse(args, { reportInput: true });
  const failures: (readonly [path: Path, rule: string])[] = result.success
    ? clashes(result.data)
    : result.error.issues.map((issue) => [issue.path, reasonOf(issue, "objects")] as const);
  if (result.success && failures.length === 0) return result.data;
  const lines = failures.map(([path, rule]) => [subject, nameOf(path).map(String).join("."), rule]);
  throw new pulumi.RunError(lines.map((line) => line.filter((part) => part !== "").join(": ")).join("\n"));
}

export function isOfFamily(family: Family): (text: string) => boolean {
  return (text) => familyOf(text) === (family === "ipv6" ? 6 : 4);
}
