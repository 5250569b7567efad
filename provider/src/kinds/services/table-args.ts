import { z } from "zod";
import { inNetns } from "../../core/kind";
import { schedulers } from "../ipvs/ipvs-service";
import {
  address,
  addresses,
  clusterAddresses,
  families,
  masqueradeAll,
  mode,
  networks,
  policy,
  ports,
  serviceName,
  sessionAffinity,
} from "./node";

const endpoint = z
  .union(
    [
      address,
      z.strictObject({
        /** Address, or who has it. */
        address: address.meta({ reference: "address", of: "addressed" }),
        /** Is it on this node? */
        local: z.boolean("must be true or false").default(true),
      }),
    ],
    "must be an address, or an object with address",
  )
  .transform((value) => (typeof value === "string" ? { address: value, local: true } : value));

const tableService = z.strictObject({
  /** Name, `web` or `default/web`: part of the names of chains, and in comments. */
  name: serviceName,
  /** Cluster addresses, one of an IP version. */
  addresses: clusterAddresses,
  /** Ports; if there are several, each has a name. */
  ports,
  /** What is behind it: addresses of pods of this node, out of `podCidr` if that is said; an object tells of one elsewhere. Without any, who calls the service is refused. */
  endpoints: z.array(endpoint, "must be a list of endpoints").default([]),
  /** One and the same client gets the same endpoint. */
  sessionAffinity: sessionAffinity.optional(),
  /** Addresses outside of the cluster that lead to the service too. */
  externalAddresses: addresses.default([]),
  /** Who calls a cluster address gets any endpoint, "Cluster", or one of this node, "Local". */
  internalTrafficPolicy: policy,
  /** The same for node ports and external addresses; with "Local", clients keep their address. */
  externalTrafficPolicy: policy,
  /** Not to be given: where a refresh says what of the service is not as it was made. */
  drift: z
    .string()
    .refine(() => false, "must not be given: a refresh says here what is not as it was made")
    .optional(),
});

export type TableService = z.output<typeof tableService>;

export const tableArgs = {
  ...inNetns,
  /** How services are made: iptables, as chains that packets walk through; nftables, as elements of maps that a packet is looked up in. ipvs, as virtual servers; it needs a kernel with the modules ip_vs and ip_vs_rr. */
  mode,
  /** How an endpoint is chosen, by `ipvsadm`'s names. Only in mode ipvs. Default: rr. */
  scheduler: z
    .enum(schedulers, { error: `must be one of ${schedulers.join(", ")}` })
    .optional()
    .meta({ unset: "rr" }),
  /** All services of the node. Their order means nothing. */
  services: z.array(tableService, "must be a list of services").default([]).meta({ entries: "name" }),
  /** Addresses of the node that node ports are on. In mode nftables, without any they are on all but those of loopback; in mode ipvs node ports need some. Not in mode iptables: there they are on every address. */
  nodeAddresses: addresses.default([]),
  /** IP versions of the node, ipv4 and ipv6. A refresh leaves out those of which something that belongs to no service is not as it was made. */
  families,
  /** Networks of the pods, one of an IP version: who calls a service from elsewhere is masqueraded. Without any nobody is, but for those who come by a node port or by an external address, and an endpoint that calls itself. */
  podCidr: networks,
  /** Networks that cluster addresses are given from, one of an IP version: what is for none that is given is dropped. Only in mode nftables. */
  serviceCidr: networks,
  /** Is everybody masqueraded who calls a service, pods too? */
  masqueradeAll,
};
