import { z } from "zod";
import { address, deviceName, familyOf, integer, number32 } from "../../schema/fields";
import type { EncapsulationEntry } from "../../tools/ip/routes";

const types = ["mpls", "ip", "ip6", "seg6", "seg6local"] as const;
const modes = ["encap", "inline", "l2encap", "encap.red", "l2encap.red"] as const;

/** The inputs that each action of seg6local needs: one of those listed. */
const actions = {
  ...{ End: [], "End.X": ["nh6"], "End.T": ["table"], "End.DX2": ["oif"], "End.DX4": ["nh4"], "End.DX6": ["nh6"] },
  ...{ "End.DT4": ["vrfTable"], "End.DT6": ["table", "vrfTable"], "End.DT46": ["vrfTable"] },
  ...{ "End.B6": ["segments"], "End.B6.Encaps": ["segments"] },
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Action = keyof typeof actions;
const actionNames = Object.keys(actions) as [Action, ...Action[]];

const whole = z.strictObject({
  /**
   * Type: MPLS labels (mpls), an outer IPv4 (ip) or IPv6 (ip6) header through a link with `external`, or a list of segments
   * (seg6); seg6local: an action on packets that have segments.
   */
  type: z.enum(types, { error: `must be one of ${types.join(", ")}` }),
  /** The labels, the outermost first; for mpls. */
  labels: z.array(integer(0, 1048575)).min(1, "must be at least one").max(16, "must be at most 16").optional(),
  /** Number of the tunnel; for ip and ip6. Default: 0. */
  id: number32.min(1, "must be at least 1").optional(),
  /** Outer source address; for ip and ip6. Default: the kernel's choice. */
  source: address.optional(),
  /** Outer destination address; for ip and ip6. */
  destination: address.optional(),
  /** Time to live of the outer packets (`hoplimit`); for mpls, ip and ip6. Default: the kernel's choice. */
  ttl: integer(1, 255).optional(),
  /** Type of service of the outer packets (`tc`); for ip and ip6. Default: 0. */
  tos: integer(1, 255).optional(),
  /**
   * How packets get the segments: in an outer IPv6 header (encap), in the header of the IPv6 packet itself (inline), or in
   * an outer header around a whole frame (l2encap). `.red` leaves out the first segment, which is the outer destination
   * anyway. For seg6. Default: encap.
   */
  mode: z.enum(modes, { error: `must be one of ${modes.join(", ")}` }).optional(),
  /** The segments, IPv6 addresses in the order of the visits; for seg6, and for seg6local with End.B6 and End.B6.Encaps. */
  segments: z
    .array(address.refine((text) => familyOf(text) === 6, "must be an IPv6 address"))
    .min(1, "must be at least one")
    .max(32, "must be at most 32")
    .optional(),
  /** What happens to the packets; for seg6local. */
  action: z.enum(actionNames, { error: `must be one of ${actionNames.join(", ")}` }).optional(),
  /** IPv4 next hop; for action End.DX4. */
  nh4: address.optional(),
  /** IPv6 next hop; for actions End.X and End.DX6. */
  nh6: address.optional(),
  /** Number of the routing table to use; for actions End.T and End.DT6. */
  table: number32.min(1, "must be at least 1").optional(),
  /** Number of a Vrf's routing table to use (`vrftable`); for actions End.DT4, End.DT6 and End.DT46. */
  vrfTable: number32.min(1, "must be at least 1").optional(),
  /** Link that the frames leave by; for action End.DX2. */
  oif: deviceName.optional().meta({ reference: "name", of: "link" }),
});
type Encapsulation = z.output<typeof whole>;
export const encapsulationArgs = whole.overwrite((one) => canonicalEncapsulation(one) as Encapsulation);
type Key = Exclude<keyof Encapsulation, "type">;

const keysOf: Readonly<Record<Encapsulation["type"], readonly Key[]>> = {
  ...{ mpls: ["labels", "ttl"], seg6: ["mode", "segments"] },
  ...{ ip: ["id", "source", "destination", "ttl", "tos"], ip6: ["id", "source", "destination", "ttl", "tos"] },
  seg6local: ["action", "nh4", "nh6", "table", "vrfTable", "oif", "segments"],
};
const needed: readonly Key[] = ["labels", "destination", "segments", "action"];

export function* encapsulationRules(
  one: Encapsulation,
  version: 4 | 6,
  prefix: string,
): Generator<readonly [string, string]> {
  const { type, action } = one;
  const allowedKeys = action ? (["action", ...actions[action]] as readonly Key[]) : keysOf[type];
  for (const key of Object.keys(one) as (Key | "type")[])
    if (key !== "type" && one[key] !== undefined && !allowedKeys.includes(key))
      yield [`${prefix}.${key}`, `must not be given for ${keysOf[type].includes(key) ? action : type}`];
  const isOneOf = action === "End.DT6";
  if (isOneOf && (one.table === undefined) === (one.vrfTable === undefined))
    yield [`${prefix}.table`, "End.DT6 needs table or vrfTable"];
  const must =
    action && !isOneOf ? (actions[action] as readonly Key[]) : needed.filter((key) => allowedKeys.includes(key));
  for (const key of must) if (one[key] === undefined) yield [`${prefix}.${key}`, `${action ?? type} needs it`];
  const outer = { ip: 4, ip6: 6 }[type as string];
  for (const key of ["source", "destination"] as const)
    if (one[key] !== undefined && outer && familyOf(one[key]) !== outer)
      yield [`${prefix}.${key}`, `must be an IPv${outer} address`];
  for (const [key, of] of [["nh4", 4] as const, ["nh6", 6] as const])
    if (one[key] !== undefined && familyOf(one[key]) !== of) yield [`${prefix}.${key}`, `must be an IPv${of} address`];
  if (version === 4 && (type === "seg6local" || one.mode === "inline"))
    yield [prefix, `${one.mode ?? type} is for IPv6 destinations only`];
}

/** The encapsulation in a canonical form: without undefined inputs, with defaults, and in a fixed order. */
export function canonicalEncapsulation(one: Encapsulation | undefined): Encapsulation | undefined {
  if (!one) return undefined;
  const all = { ...one, ...(one.type === "seg6" && { mode: one.mode ?? "encap" }) };
  const keys = (Object.keys(whole.shape) as (keyof Encapsulation)[]).filter((key) => all[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, all[key]])) as Encapsulation;
}

export function encapsulationWords(one: Encapsulation | undefined): string[] {
  if (!one) return [];
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  const { type, labels, id, source, destination, ttl, tos, mode, segments, action, nh4, nh6, table, vrfTable } = one;
  const isIp = type === "ip" || type === "ip6";
  // ip reads these numbers as hexadecimal.
  const service = tos === undefined ? undefined : `0x${tos.toString(16)}`;
  return [
    ...["encap", type, ...(labels ? [labels.join("/")] : []), ...(isIp ? ["id", String(id ?? 0)] : [])],
    ...[...option("src", source), ...option("dst", destination)],
    ...[...option(type === "ip6" ? "hoplimit" : "ttl", ttl), ...option(type === "ip6" ? "tc" : "tos", service)],
    ...[...(type === "seg6" ? ["mode", mode ?? "encap"] : []), ...option("action", action)],
    ...(segments ? [...(action ? ["srh"] : []), "segs", segments.join(",")] : []),
    ...[...option("nh4", nh4), ...option("nh6", nh6), ...option("table", table), ...option("vrftable", vrfTable)],
    ...option("oif", one.oif),
  ];
}

/** The inputs of an encapsulation; a text: a property that no input can express. */
export function readEncapsulation(entry: EncapsulationEntry): Encapsulation | string {
  const { encap_type: name, ...all } = entry;
  const type = types.find((each) => each === name);
  if (!type) return name;
  const rest = { ...all };
  const take = (key: string) => {
    const value = rest[key];
    delete rest[key];
    return value;
  };
  const number = (key: string) => {
    const value = Number(take(key) ?? 0);
    return value === 0 ? undefined : value;
  };
  const parseAddress = address.safeParse.bind(address);
  const host = (key: string) => {
    const { data } = parseAddress(take(key));
    return data === "0.0.0.0" || data === "::" ? undefined : data;
  };
  const read = (): Omit<Encapsulation, "type"> => {
    if (type === "mpls") return { labels: String(take("dst")).split("/").map(Number), ttl: number("ttl") };
    const ip = { id: "id", source: "src", destination: "dst" };
    if (type === "ip" || type === "ip6")
      return {
        ...{ id: number(ip.id), source: host(ip.source), destination: host(ip.destination) },
        ...{ ttl: number(type === "ip" ? "ttl" : "hoplimit"), tos: number(type === "ip" ? "tos" : "tc") },
      };
    if (type === "seg6") {
      const mode = modes.find((each) => each === rest.mode);
      if (mode) take("mode");
      return { mode, segments: segmentsOf(take("segs"), mode === "inline") };
    }
    const action = actionNames.find((each) => each === rest.action);
    if (action) take("action");
    const { segs } = (take("srh") ?? {}) as { segs?: unknown };
    return {
      ...{ action, nh4: host("nh4"), nh6: host("nh6"), table: number("table"), vrfTable: number("vrftable") },
      ...{ oif: take("oif") as string | undefined, segments: segmentsOf(segs, action === "End.B6") },
    };
  };
  const inputs = canonicalEncapsulation({ type, ...read() }) as Encapsulation;
  const others = Object.keys(rest);
  return others.length > 0 || !encapsulationArgs.safeParse(inputs).success ? [name, ...others].join(" ") : inputs;
}

/** With inline segments, the kernel adds the packet's destination at the end, which is no input. */
function segmentsOf(list: unknown, isInline: boolean): string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  return isInline ? list.slice(0, -1) : list;
}
