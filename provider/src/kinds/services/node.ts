import { z } from "zod";
import { cidr, familyOf, isLinkLocal, isNetwork, port, unicast } from "../../schema/fields";
import type { Family } from "./plan";

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
export const policy = z.enum(["Cluster", "Local"], { error: "must be Cluster or Local" }).default("Cluster");
export const address = unicast.refine(
  (text) => !isLinkLocal(text) && !/^(127\.|169\.254\.|::1$)/.test(text),
  "must be an address that others reach too: no loopback or link-local one",
);
export const addresses = z.array(address, "must be addresses");
const nodePort = port.refine((value) => value >= 30000 && value <= 32767, "must be 30000 to 32767");
const affinityRule = "must be 1 to 86400";

/** One text stands for a list of one. */
function oneOrMore<T extends z.ZodType>(list: T) {
  return z.preprocess((value) => (typeof value === "string" ? [value] : value), list);
}

const portNameRule = "must be of small letters, digits and -";
export const servicePort = z.strictObject(
  {
    /** Name, of small letters, digits and "-"; needed where there are several ports. */
    name: z
      .string(portNameRule)
      .regex(new RegExp(`^${label}$`), portNameRule)
      .optional(),
    /** Port of the service. */
    port,
    /** Port of the endpoints. Default: `port`. */
    targetPort: port.optional(),
    /** Protocol. */
    protocol: z.enum(["tcp", "udp", "sctp"], { error: "must be tcp, udp or sctp" }).default("tcp"),
    /** Port of the node, 30000 to 32767, that leads to the service on all of its addresses. */
    nodePort: nodePort.optional(),
  },
  "must be an object with port",
);

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

export const networks = z
  .array(cidr.refine(isNetwork, "must be a network: all bits behind the prefix zero"))
  .default([]);

const seconds = z.int(affinityRule).min(1, affinityRule).max(86400, affinityRule);

export const sessionAffinity = z.strictObject(
  {
    /** Seconds for which a client is remembered. */
    timeoutSeconds: seconds.default(10800),
  },
  "must be an object",
);

const serviceNameRule = "must be such as web or default/web, of small letters, digits and -";
export const serviceName = z.string(serviceNameRule).regex(new RegExp(`^(${label}/)?${label}$`), serviceNameRule);
export const clusterAddresses = addresses.min(1, "must not be empty");
export const ports = z.array(servicePort, "must be a list of ports").min(1, "must not be empty");

export const service = z.strictObject({
  name: serviceName,
  addresses: oneOrMore(clusterAddresses),
  ports,
  endpoints: z.array(endpoint, "must be a list of endpoints").default([]),
  sessionAffinity: sessionAffinity.optional(),
  externalAddresses: addresses.default([]),
  internalTrafficPolicy: policy,
  externalTrafficPolicy: policy,
});

export const mode = z
  .enum(["iptables", "ipvs", "nftables"], { error: "must be iptables, ipvs or nftables" })
  .default("iptables");
export const families = z
  .array(z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }), "must be a list of ipv4 and ipv6")
  .min(1, "must not be empty")
  .transform((list) => [...new Set(list)].sort())
  .default(["ipv4", "ipv6"]);
export const masqueradeAll = z.boolean("must be true or false").default(false);

export const node = z.strictObject({
  ...{ mode, families, masqueradeAll },
  scheduler: z.string().optional(),
  nodeAddresses: addresses.default([]),
  podCidr: oneOrMore(networks),
  serviceCidr: oneOrMore(networks),
  services: z.array(service, "must be a list of services").default([]),
});

export type Node = z.output<typeof node>;
export type Service = z.output<typeof service>;
export type Port = z.output<typeof servicePort>;
export type Endpoint = z.output<typeof endpoint>;

export function isOfFamily(family: Family): (text: string) => boolean {
  return (text) => familyOf(text) === (family === "ipv6" ? 6 : 4);
}
