import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import {
  address,
  at,
  cidr,
  deviceName,
  familyOf,
  isNetwork,
  kernelChooses,
  number32,
  parseAt,
} from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import {
  mainTable,
  metric6,
  parseRoutes,
  protocol,
  type RouteEntry,
  showAllRoutes,
  showRoutes,
  showRoutesCommand,
} from "../../tools/ip/routes";

/** What `ip route add` sets unless it is told otherwise (boot), and what administrators tell it (static). */
const byHand = ["3", "4"];

/** rtnetlink's numbers of the types, as `ip -N` prints them. */
const types = { unicast: "1", blackhole: "6", unreachable: "7", prohibit: "8", throw: "9" } as const;
type RouteType = keyof typeof types;
const typeNames = Object.keys(types) as [RouteType, ...RouteType[]];

interface RouteKey {
  readonly destination: string;
  readonly netns?: string | undefined;
  readonly metric?: number | undefined;
  readonly table?: number | undefined;
}

interface RouteArgs extends RouteKey {
  readonly via?: string | undefined;
  readonly device?: string | undefined;
  readonly source?: string | undefined;
  readonly type: RouteType;
}

export const route = defineKind({
  type: "Route",
  summary: "A route, as `ip route` makes it.",
  args: {
    /** Where to: "default" (IPv4; "::/0" for IPv6), an address or a network, `10.0.0.0/8`. */
    destination: z
      .union([z.literal("default"), cidr, address], {
        error: 'must be "default", an address, or a network such as 10.0.0.0/8',
      })
      .refine((text) => !text.includes("/") || isNetwork(text), "must have no bits set behind the prefix length")
      .transform(canonicalDestination)
      .meta({ replace: true }),
    ...inNetns,
    /** Address of the next hop. */
    via: address.optional(),
    /** Link that the packets leave by (`dev`). Default: the one that leads to `via`. */
    device: deviceName.optional().meta({ reference: "name", of: "link", unset: kernelChooses }),
    /** Source address that the host prefers for this route (`src`). */
    source: address.optional(),
    /** Preference among routes to one destination, the lowest wins. Default: 0, for IPv6 1024. */
    metric: number32.optional().meta({ replace: true }),
    /** Number of the routing table. Default: 254, the main table. */
    table: number32.min(1, "must be at least 1").optional().meta({ replace: true }),
    /** What becomes of the packets: sent on (unicast), silently dropped (blackhole), refused with an ICMP answer (unreachable, prohibit), or left to the next table (throw). */
    type: z.enum(typeNames, { error: `must be one of ${typeNames.join(", ")}` }).default("unicast"),
  },
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `DESTINATION@NETNS`, `DESTINATION metric METRIC table TABLE@NETNS` where these are given */
  id: idOf,

  *rules({ destination, via, device, source, type }) {
    if (type === "unicast" && !via && !device) yield ["via", "a unicast route needs via or device"];
    if (type !== "unicast" && (via || device)) yield ["type", `a ${type} route takes neither via nor device`];
    if (via && familyOf(via) !== familyOf(destination)) yield ["via", "must be of the destination's IP version"];
    if (source && familyOf(source) !== familyOf(destination))
      yield ["source", "must be of the destination's IP version"];
  },

  async observe(host, args) {
    return observedAmong(await showRoutes(host, args.netns, args.destination, args.table ?? mainTable), args);
  },

  async ensure(host, args, observed) {
    if (observed?.detail.protocol === protocol && isSameRoute(args, observed.inputs)) return;
    // "replace" would take over another's route of the same key; lifecycle has made sure that it is ours or adopted.
    const change = ["route", observed ? "replace" : "add", ...selector(args)];
    const show = showRoutesCommand(args.destination, args.table ?? mainTable);
    const [routes = []] = await ipAll(host, args.netns, [change, show], family(args));
    return { observed: observedAmong(parseRoutes(routes), args) };
  },

  async remove(host, args, { inputs, detail }) {
    // As it is there: an update that died may have changed it, and the state does not know.
    const there = { ...args, ...inputs, type: inputs.type ?? args.type };
    await ipAll(host, args.netns, [["route", "del", ...selector(there, detail.protocol)]], family(args));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, destination, metric, table] = /^(\S+)(?: metric (\d+))?(?: table (\d+))?$/.exec(name) ?? [];
      const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
      return destination === undefined
        ? undefined
        : { destination, netns, metric: number(metric), table: number(table) };
    },
    async list(host, netns) {
      const [four, six] = await Promise.all([showAllRoutes(host, netns, 4), showAllRoutes(host, netns, 6)]);
      const made = [...four, ...six.map(canonical6)].filter((entry) => [protocol, ...byHand].includes(entry.protocol));
      return made.map((entry) => {
        const id = idOf({ ...keyOf(entry), netns });
        return { id, omit: entry.tos && `there is no input for its tos, ${entry.tos}` };
      });
    },
    // What leads to the next hop, the kernel finds, but for addresses that every link has.
    inputs: (_args, { inputs: { via, device, source, type } }) => ({
      ...{ via, source, type },
      device: via && !via.startsWith("fe80:") ? undefined : device,
    }),
  },
});

function idOf({ destination, netns, metric, table }: RouteKey): string {
  const words = [...(metric === undefined ? [] : ["metric", metric]), ...(table === undefined ? [] : ["table", table])];
  return at([destination, ...words].join(" "), netns);
}

/** The inputs that tell a route from others, as short as can be. */
function keyOf({ dst, metric, table }: RouteEntry): RouteKey {
  const number = Number(table ?? mainTable);
  return {
    destination: dst,
    metric: metric === metricOf({ destination: dst }) ? undefined : metric,
    table: number === mainTable ? undefined : number,
  };
}

/** Of IPv6 too, ip calls it "default". */
function canonical6(entry: RouteEntry): RouteEntry {
  return entry.dst === "default" ? { ...entry, dst: "::/0" } : entry;
}

function canonicalDestination(text: string): string {
  if (text === "0.0.0.0/0") return "default";
  return text.replace(/^([^:]*)\/32$|^(.*)\/128$/, "$1$2");
}

function family({ destination }: RouteArgs): string[] {
  return [`-${familyOf(destination)}`];
}

function metricOf({ destination, metric }: RouteKey): number {
  return metric ?? (familyOf(destination) === 6 ? metric6 : 0);
}

/** All that tells the route from others; a shorter form would remove the first route that matches. */
function selector(args: RouteArgs, made = protocol): string[] {
  const { destination, via, device, source, table = mainTable, type } = args;
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...[type, destination],
    ...option("via", via),
    ...option("dev", device),
    ...option("src", source),
    ...["metric", String(metricOf(args)), "table", String(table), "proto", made],
  ];
}

function observedAmong(routes: readonly RouteEntry[], args: RouteKey) {
  const entry = routes.find(({ metric, tos }) => metric === metricOf(args) && tos === undefined);
  return entry && observedRoute(entry);
}

function observedRoute(entry: RouteEntry) {
  return {
    owner: ownerOf(entry),
    inputs: {
      via: entry.gateway,
      device: entry.dev,
      source: entry.prefsrc,
      type: typeNames.find((name) => types[name] === entry.type),
    },
    outputs: {},
    detail: { protocol: entry.protocol },
  };
}

function ownerOf(entry: RouteEntry): string | null {
  if (!Object.values<string>(types).includes(entry.type)) return `a route of type ${entry.type}`;
  // Ours, or another stack's: the number does not tell. What was made by hand is nobody's.
  if (entry.protocol === protocol) return null;
  return byHand.includes(entry.protocol) ? "" : `routing protocol ${entry.protocol}`;
}

/** What nobody asks for, the kernel chose; an input that was taken away is asked not to be there. */
function isSameRoute(args: RouteArgs, there: ReturnType<typeof observedRoute>["inputs"]): boolean {
  const wanted = (["via", "device", "source", "type"] as const).filter((key) => key in args);
  return wanted.every((key) => args[key] === there[key]);
}
