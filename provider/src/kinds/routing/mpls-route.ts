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
  /** The labels that the packets get in place of theirs (`as`), the outermost first. Default: none, theirs is taken off. */
  labels,
  /** Address of the next hop, IPv4 or IPv6, or who has it. */
  via,
  /** Link that the packets leave by (`dev`). Default: the one that leads to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link" }),
});
type NextHop = z.output<typeof nextHop>;

const args = {
  /** Label of the packets that it is for, 16 to 1048575; below `net.mpls.platform_labels` of the namespace. */
  label: integer(16, 1048575).meta({ replace: true }),
  ...inNetns,
  /** The labels that the packets get in place of it (`as`), the outermost first. Default: none, it is taken off. */
  labels,
  /** Address of the next hop, IPv4 or IPv6, or who has it: the first address there. */
  via,
  /** Link that the packets leave by (`dev`); `lo`: they are for this host, once the label is off. Default: the one that leads to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link", unset: kernelChooses }),
  /** Several next hops in place of one (`nexthop`), among which the packets are divided; at least two. */
  nextHops: z.array(nextHop).min(2, "must be at least two").optional(),
  /** Does the packet inside, whose label is taken off, go on with what is left of the time to live? Default: what `net.mpls.ip_ttl_propagate` of the namespace says. */
  ttlPropagate: z.boolean().optional(),
} as const;

type MplsArgs = Omit<Args<typeof args>, "owner" | "adopt" | "host">;

export const mplsRoute = defineKind({
  type: "MplsRoute",
  summary:
    "A route of MPLS, as `ip -f mpls route` makes it: where packets with a label go, and with which labels. Needs the module mpls_router, and the settings `net.mpls.platform_labels` and `net.mpls.conf.LINK.input` of the namespace.",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `LABEL@NETNS` */
  id: ({ label, netns }) => at(String(label), netns),

  *rules({ labels, via, device, nextHops }) {
    if (!via && !device && !nextHops) yield ["via", "needs via, device or nextHops"];
    if (nextHops && (labels || via || device)) yield ["nextHops", "takes the place of labels, via and device"];
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
    // What nobody asks for stays as it is, of one that was adopted too. "replace" would take over another's; lifecycle has made sure that it is ours or adopted.
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
    // What leads to the next hop, the kernel finds, but for addresses that every link has.
    inputs: (_args, { inputs: { device, ...inputs } }) => {
      const isFound = inputs.via !== undefined && !isLinkLocal(inputs.via);
      return { ...inputs, device: isFound ? undefined : device };
    },
  },
});

const byHand: readonly string[] = Object.values(protocols);

function isMade(number: string): boolean {
  return number === protocol || byHand.includes(number);
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
    // Ours, or another stack's: the number does not tell. What was made by hand is nobody's.
    owner: inexpressible ? `a route of which ${inexpressible}` : made === protocol ? null : maker,
    inputs: {
      ...observedHop(entry),
      nextHops: nexthops?.map((hop, index) => {
        const { labels, via, device } = observedHop(hop);
        // Which link it found, nobody asked for.
        const isAsked = device !== undefined && (!args.nextHops || args.nextHops[index]?.device !== undefined);
        return { ...(labels && { labels }), ...(via !== undefined && { via }), ...(isAsked && { device }) };
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
  return hasMac ? "a next hop is a MAC address, which no input says" : undefined;
}

/** What nobody asks for, the kernel chose; an input that was taken away is asked not to be there. */
function isSame(args: MplsArgs, existing: { readonly [K in keyof MplsArgs]?: unknown }): boolean {
  const keys = ["labels", "via", "device", "nextHops", "ttlPropagate"] as const;
  return keys
    .filter((key) => key in args && !(key === "device" && args.device === undefined))
    .every((key) => isDeepStrictEqual(args[key], existing[key]));
}
