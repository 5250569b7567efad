import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { at, deviceName, integer, isLinkLocal, kernelChooses, parseAt, unicast } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import {
  type MplsEntry,
  type MplsHopEntry,
  mplsOptions,
  parseMplsRoutes,
  showMplsCommand,
  showMplsRoutes,
} from "../../tools/ip/mpls-routes";
import { protocol } from "../../tools/ip/routes";
import { protocols } from "./route-args";

const labels = z
  .array(integer(0, 1048575).refine((label) => label !== 3, "must not be 3, which stands for no label"))
  .min(1, "must be at least one")
  .max(30, "must be at most 30")
  .optional();
const via = unicast.optional().meta({ reference: "address", of: "addressed" });

const nextHop = z.strictObject({
  /** The labels that replace the packets' label (`as`), the outermost first. Default: none, the label is removed. */
  labels,
  /** Address of the next hop, IPv4 or IPv6, or a resource that has one. */
  via,
  /** Link that the packets leave by (`dev`). Default: the link of the route to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link" }),
});
type NextHop = z.output<typeof nextHop>;

const args = {
  /** Label of the packets, 16 to 1048575, below `net.mpls.platform_labels` of the namespace. */
  label: integer(16, 1048575).meta({ replace: true }),
  ...inNetns,
  /** The labels that replace it (`as`), the outermost first. Default: none, the label is removed. */
  labels,
  /** Address of the next hop, IPv4 or IPv6, or a resource that has one: its first address. */
  via,
  /**
   * Link that the packets leave by (`dev`); `lo`: the packets are for this host, after the label is removed. Default: the
   * link of the route to `via`.
   */
  device: deviceName.optional().meta({ reference: "name", of: "link", unset: kernelChooses }),
  /** Several next hops instead of one (`nexthop`), which share the packets; at least two. */
  nextHops: z.array(nextHop).min(2, "must be at least two").optional(),
  /**
   * Does the inner packet get the remaining time to live when the label is removed? Default: the setting
   * `net.mpls.ip_ttl_propagate` of the namespace.
   */
  ttlPropagate: z.boolean().optional(),
} as const;

type MplsArgs = Omit<Args<typeof args>, "owner" | "adopt" | "host">;

export const mplsRoute = defineKind({
  type: "MplsRoute",
  summary:
    "An MPLS route (`ip -f mpls route`): where packets with a label are sent, and with which labels. Needs the module mpls_router, and the settings `net.mpls.platform_labels` and `net.mpls.conf.LINK.input` of the namespace.",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `LABEL@NETNS` */
  id: ({ label, netns }) => at(String(label), netns),

  *rules({ labels, via, device, nextHops }) {
    if (!via && !device && !nextHops) yield ["via", "needs via, device or nextHops"];
    if (nextHops && (labels || via || device)) yield ["nextHops", "replaces labels, via and device"];
    for (const [index, hop] of (nextHops ?? []).entries())
      if (!hop.via && !hop.device) yield [`nextHops.${index}`, "needs via or device"];
    if (via && isLinkLocal(via) && !device) yield ["device", "is needed with a link-local via"];
  },

  async observe(host, args) {
    return observedFrom(await showMplsRoutes(host, args.netns), args);
  },

  async ensure(host, args, observed) {
    if (observed?.detail.protocol === protocol && isSame(args, observed.inputs)) return;
    const { labels, ttlPropagate } = { ...observed?.inputs, ...args };
    const ttl = ttlPropagate === undefined ? [] : ["ttl-propagate", ttlPropagate ? "enabled" : "disabled"];
    const hops = args.nextHops?.flatMap((hop) => ["nexthop", ...hopWords(hop)]) ?? hopWords({ ...args, labels });
    // Attributes that are not wanted keep their values, also on an adopted route. "replace" could take over another owner's
    // route, but the lifecycle has checked that this one is ours or adopted.
    const verb = observed ? "replace" : "add";
    const change = ["route", verb, String(args.label), "proto", protocol, ...ttl, ...hops];
    const [routes = []] = await ipAll(host, args.netns, [change, showMplsCommand], mplsOptions);
    return { observed: observedFrom(parseMplsRoutes(routes), args) };
  },

  async remove(host, { label, netns }) {
    await ipAll(host, netns, [["route", "del", String(label)]], mplsOptions);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      return /^\d{2,7}$/.test(name) ? { label: Number(name), netns } : undefined;
    },
    async list(host, netns) {
      const made = (await showMplsRoutes(host, netns)).filter((entry) => isMade(entry.protocol));
      return made.map((entry) => ({ id: at(entry.dst, netns), omit: inexpressibleOf(entry) }));
    },
    // The kernel finds the link of a next hop, except for link-local addresses, which exist on every link.
    inputs: (_args, { inputs: { device, ...inputs } }) => {
      const isDeviceImplied = inputs.via !== undefined && !isLinkLocal(inputs.via);
      return { ...inputs, device: isDeviceImplied ? undefined : device };
    },
  },
});

const administratorProtocols: readonly string[] = Object.values(protocols);

function isMade(number: string): boolean {
  return number === protocol || administratorProtocols.includes(number);
}

function hopWords({ labels, via, device }: NextHop): string[] {
  return [
    ...(labels ? ["as", labels.join("/")] : []),
    ...(via ? ["via", via.includes(":") ? "inet6" : "inet", via] : []),
    ...(device ? ["dev", device] : []),
  ];
}

function observedFrom(routes: readonly MplsEntry[], args: Pick<MplsArgs, "label"> & Partial<MplsArgs>) {
  const entry = routes.find(({ dst }) => dst === String(args.label));
  if (!entry) return undefined;
  const { protocol: made, nexthops } = entry;
  const inexpressible = inexpressibleOf(entry);
  const maker = isMade(made) ? "" : `routing protocol ${made}`;
  return {
    // With our protocol number it is ours or another stack's: the number does not show which. Nobody owns one that was made
    // by hand.
    owner: inexpressible ? `a route of which ${inexpressible}` : made === protocol ? null : maker,
    inputs: {
      ...observedHop(entry),
      nextHops: nexthops?.map((hop, index) => {
        const { labels, via, device } = observedHop(hop);
        // A link that the kernel found was not asked for.
        const isGiven = device !== undefined && (!args.nextHops || args.nextHops[index]?.device !== undefined);
        return { ...(labels && { labels }), ...(via !== undefined && { via }), ...(isGiven && { device }) };
      }),
      ttlPropagate: entry["ttl-propogate"] ?? entry["ttl-propagate"],
    },
    outputs: {},
    detail: { protocol: made },
  };
}

function observedHop({ to, via, dev }: MplsHopEntry) {
  return { labels: to?.split("/").map(Number), via: via?.host, device: dev };
}

function inexpressibleOf({ nexthops = [], ...route }: MplsEntry): string | undefined {
  const hasMac = [route, ...nexthops].some(({ via }) => via && !["inet", "inet6"].includes(via.family));
  return hasMac ? "a next hop is a MAC address, for which there is no input" : undefined;
}

/** The kernel chooses what no input asks for. An input that was taken away must be absent. */
function isSame(args: MplsArgs, existing: { readonly [K in keyof MplsArgs]?: unknown }): boolean {
  const keys = ["labels", "via", "device", "nextHops", "ttlPropagate"] as const;
  return keys
    .filter((key) => key in args && !(key === "device" && args.device === undefined))
    .every((key) => isDeepStrictEqual(args[key], existing[key]));
}
