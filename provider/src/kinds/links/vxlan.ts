import { z } from "zod";
import { address, familyOf, integer, isMulticast, port } from "../../schema/fields";
import { birthplaceOf, createdInOption } from "./created-in";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { anyLowerLink, portArgs, vni } from "./options";
import { vxlanHoldings } from "./udp-ports";

const unicast = address.refine((text) => !isMulticast(text), "must be a unicast address");
const isOtherFamily = (was = "0.0.0.0", is = "0.0.0.0") => familyOf(was) !== familyOf(is);

/**
 * An address that the kernel keeps under a different name for each IP version. To remove it, ip gets the unspecified
 * address.
 */
const endpoint = (word: string) => ({
  input: unicast.optional().meta({ unset: null, replace: isOtherFamily }),
  words: (value: string | undefined) => [word, value ?? "0.0.0.0"],
  read: (data: Readonly<Record<string, unknown>>) => data[word] ?? data[`${word}6`],
});

/** An option that the kernel accepts only when it makes the link. */
const flag = (name: string, word: string) => ({
  input: z.boolean().default(false).meta({ replace: true }),
  words: (on: boolean) => (on ? [word] : []),
  read: (data: Readonly<Record<string, unknown>>) => data[name] === true,
});

export const vxlan = defineLink({
  type: "Vxlan",
  linkType: "vxlan",
  summary: "A VXLAN link: it carries Ethernet frames in UDP packets.",
  args: portArgs,
  options: {
    /** Number of the virtual network. Needed unless `external`. */
    vni: {
      input: vni,
      word: "id",
      read: ({ id, external }) => (external ? undefined : id),
    },
    /**
     * Network namespace that the link is made in; after that it is moved into `netns`. Its packets still go through the
     * first one, its UDP port is open there, and it disappears with it. `"/"`: the host's own. Needs `netns`. Default:
     * `netns`.
     */
    createdIn: createdInOption,
    /** Link for the packets, in the namespace that this one is made in. Default: the routes decide. */
    link: { input: anyLowerLink, word: "dev", read: ({ link }) => link },
    /** Source address of the packets. Another IP version replaces the link. Default: the routes decide. */
    local: endpoint("local"),
    /** Destination of packets without a more specific one. Another IP version replaces the link. Default: none. */
    remote: endpoint("remote"),
    /** Multicast group for packets without a more specific destination. Needs `link`, and excludes `remote`. Default: none. */
    group: {
      input: address.refine(isMulticast, "must be a multicast address").optional().meta({ replace: true }),
      word: "group",
      read: ({ group, group6 }) => group ?? group6,
    },
    /** UDP port of the other ends, on which this link listens too. */
    destinationPort: {
      input: port.default(4789).meta({ replace: true }),
      word: "dstport",
      read: ({ port }) => port,
    },
    // Before `learning`, which ip turns off with `external`.
    /** Does a program or a route decide on the destination and the number for each packet? */
    external: {
      input: z.boolean().default(false).meta({ replace: true }),
      words: (on: boolean) => (on ? ["external"] : []),
      read: ({ external }) => external === true,
    },
    /**
     * Does the link learn from incoming packets where a MAC address is? Default: the kernel's choice, true unless
     * `external`.
     */
    learning: {
      input: z
        .boolean()
        .optional()
        .meta({ unset: (observed?: ObservedVxlan) => !observed?.inputs.external }),
      words: (on: boolean) => [on ? "learning" : "nolearning"],
      read: ({ learning }) => learning === true,
    },
    /** Does the link answer ARP requests from its neighbour table, instead of sending them on? */
    proxy: flag("proxy", "proxy"),
    /** Are frames for a router's MAC address sent where its own packets would go (`rsc`)? */
    rsc: flag("rsc", "rsc"),
    /** Does the kernel report unknown MAC addresses to programs? */
    l2miss: flag("l2miss", "l2miss"),
    /** Does the kernel report unknown IP addresses to programs? */
    l3miss: flag("l3miss", "l3miss"),
    /** Do packets over IPv4 have a UDP checksum (`udpcsum`)? */
    udpChecksum: {
      input: z.boolean().default(true).meta({ replace: true }),
      words: (on: boolean) => (on ? [] : ["noudpcsum"]),
      read: ({ udp_csum }) => udp_csum !== false,
    },
    /** Are packets over IPv6 sent without a UDP checksum (`udp6zerocsumtx`)? */
    udp6ZeroChecksumTx: flag("udp_zero_csum6_tx", "udp6zerocsumtx"),
    /** Are packets over IPv6 accepted without a UDP checksum (`udp6zerocsumrx`)? */
    udp6ZeroChecksumRx: flag("udp_zero_csum6_rx", "udp6zerocsumrx"),
    /** Time to live of the packets; 0: the system's. Default: the kernel's choice, 0. */
    ttl: {
      input: integer(0, 255).optional().meta({ unset: 0 }),
      word: "ttl",
      read: ({ ttl }) => ttl,
    },
  },

  *rules({ vni, link, local, remote, group, external }) {
    if (external && vni !== undefined) yield ["vni", "must not be given with external"];
    if (!external && vni === undefined) yield ["vni", "is required unless external is true"];
    if (remote && group) yield ["group", "must not be given with remote"];
    if (group && !link) yield ["group", "needs link"];
    const other = remote ?? group;
    if (local && other && familyOf(local) !== familyOf(other)) yield ["local", "must be of the same IP version"];
  },

  holds: {
    inputs: ["vni", "destinationPort", "local", "remote", "group", "external", "udp6ZeroChecksumRx"],
    of: (args) => vxlanHoldings(args),
  },

  readDefaults: async (host, { netns, createdIn, link, local, remote, group }) => {
    if (!link) return {};
    const overhead = familyOf(remote ?? group ?? local ?? "0.0.0.0") === 6 ? 70 : 50;
    return defaultsFrom(host, birthplaceOf({ netns, createdIn }), link, overhead);
  },
  // In the command that makes the link, the kernel would silently reduce an mtu that is too large.
  pinMtu: () => [],
});

interface ObservedVxlan {
  readonly inputs: { readonly external?: boolean };
}
