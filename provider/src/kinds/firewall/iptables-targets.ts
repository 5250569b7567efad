import { z } from "zod";
import { address, integer, port, printable, whenUnknown } from "../../schema/fields";
import { chainName, type Places } from "./iptables-chains";
import { flag, readSet, setFlags, setMark, type Word } from "./iptables-words";

const portRange = /(:\d{1,5}(-\d{1,5})?)?/.source;

/** Are the ports behind an address, if there are any, from low to high, and below 65536? */
function hasGoodPorts(text: string): boolean {
  const [, first, last = first] = /(?:^|:)(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return first === undefined || (Number(first) <= Number(last) && Number(last) <= 65535);
}

const portRule = "must have ports 0 to 65535, of a range the lower one first";
const natTarget = z
  .string()
  .regex(
    new RegExp(`^([\\d.]+(-[\\d.]+)?|\\[?[0-9A-Fa-f:.]+\\]?)?${portRange}$`),
    "must be ADDRESS[:PORT[-PORT]]; with a port IPv6 stands in brackets",
  )
  .min(1, "must not be empty")
  .refine((text) => text.replace(/^\[.*\]/, "").split(":").length > 2 || hasGoodPorts(text), portRule);

/** What REJECT may answer, by IP version; a reset in both. */
export const rejections = {
  ipv4: ["net-unreachable", "host-unreachable", "port-unreachable", "proto-unreachable"]
    .concat("net-prohibited", "host-prohibited", "admin-prohibited")
    .map((name) => `icmp-${name}`),
  ipv6: ["no-route", "adm-prohibited", "addr-unreachable", "port-unreachable"].map((name) => `icmp6-${name}`),
} as const;
const answers = [...rejections.ipv4, ...rejections.ipv6, "tcp-reset"];

/** Are the bits of a value all in its mask? Then the one and the other way to say a mark come to the same. */
function isSetting(text: string): boolean {
  const [value = 0, mask = 0xffffffff] = text.split("/").map(Number);
  return (value & ~mask) === 0;
}

const yes = z.literal(true, "must be true, or left out").optional();
const change = z.strictObject({
  /** Name of the ipset. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,30}$/, "must be the name of a set")
    .meta({ reference: "name", of: "IpSet" }),
  /** "src" or "dst" for each dimension. */
  flags: setFlags,
});

/** Inputs that say what happens to a packet that matches. */
export const targetArgs = {
  /** What happens to the packet: ACCEPT, DROP, RETURN, REJECT, MASQUERADE, SNAT, DNAT, REDIRECT, MARK, LOG, TPROXY, CONNMARK, CT, TCPMSS, NFQUEUE, TEE, SET, CHECKSUM, or the name of a chain; "" for nothing, the rule only counts. */
  target: z
    .union([chainName, z.literal("")], { error: 'must be 1 to 28 of letters, digits, "_", ".", ":" and "-", or ""' })
    .default("")
    .meta({ reference: "name", of: "IptablesChain", replace: whenUnknown }),
  /** New source of target SNAT: `10.0.0.1` or `10.0.0.1:1024-2048`. */
  toSource: natTarget.optional(),
  /** New destination of target DNAT: `10.0.0.1:8080`. */
  toDestination: natTarget.optional(),
  /** New port of target REDIRECT or MASQUERADE: 8080 or "8080-8090". Needs `protocol`. */
  toPorts: z
    .union([z.int().transform(String), z.string()])
    .pipe(
      z
        .string()
        .regex(/^\d{1,5}(-\d{1,5})?$/, "must be a port or a range, 8080-8090")
        .refine(hasGoodPorts, portRule),
    )
    .optional(),
  /** Ports of target SNAT, DNAT, MASQUERADE or REDIRECT are drawn by lot. */
  random: yes,
  /** They are drawn by lot without regard to those that were before. Targets SNAT and MASQUERADE. */
  randomFully: yes,
  /** One and the same client gets the same address of a range. Targets SNAT and DNAT. */
  persistent: yes,
  /** Mark that target MARK sets on the packet, CONNMARK on its connection: 16, "0x10" or "0x10/0xff". */
  setMark: setMark.optional(),
  /** What target MARK does to the mark, or CONNMARK to that of the connection, where that is no setting: "VALUE/MASK" takes the bits of the mask away, then turns each bit of the value over. "0x4000/0x0" turns one bit over. */
  setXmark: setMark
    .refine((text) => !isSetting(text), "must have a value with bits outside its mask; else it is a setMark")
    .optional(),
  /** Target CONNMARK copies the mark of the packet to its connection. */
  saveMark: yes,
  /** Target CONNMARK copies the mark of the connection to the packet. */
  restoreMark: yes,
  /** Bits of the mark that saveMark and restoreMark copy. Default: all. */
  nfmask: setMark.refine((text) => !text.includes("/"), "must be one number").optional(),
  /** What target REJECT answers. Default: port unreachable. */
  rejectWith: z.enum(answers, { error: `must be one of ${answers.join(", ")}` }).optional(),
  /** Text before each line that target LOG writes. */
  logPrefix: printable.max(29, "must be at most 29 characters").min(1, "must not be empty").optional(),
  /** Port of the transparent proxy to which target TPROXY gives the packet. */
  onPort: port.optional(),
  /** Address of the proxy. Default: that of the link by which the packet came in. */
  onIp: address.optional(),
  /** Mark that target TPROXY sets on the packet, by which a rule of routing finds it. */
  tproxyMark: setMark.optional(),
  /** Target CT: the connection is not tracked. */
  notrack: yes,
  /** Target CT: the connection is tracked in this zone, apart from those of others. */
  zone: integer(1, 65535).optional(),
  /** Target TCPMSS: the largest segment is what the path takes. */
  clampMssToPmtu: yes,
  /** Target TCPMSS: the largest segment in bytes. */
  setMss: integer(1, 65515).optional(),
  /** Queue of target NFQUEUE from which a program takes the packet. */
  queueNum: integer(0, 65535).optional(),
  /** Target NFQUEUE: without a program that listens, the packet goes on to the next rule. */
  queueBypass: yes,
  /** Address of the neighbour to which target TEE sends a copy. */
  gateway: address.optional(),
  /** Target SET adds the packet's addresses to a set. */
  addSet: change.optional().meta({ replace: whenUnknown }),
  /** Target SET takes them out of a set. */
  delSet: change.optional().meta({ replace: whenUnknown }),
} as const;

type TargetWord<V> = Word<V> & {
  /** The targets that take it. */
  readonly targets: readonly string[];
};
export type TargetArgs = z.output<z.ZodObject<typeof targetArgs>>;
export type TargetOption = Exclude<keyof TargetArgs, "target">;

/** An option with one value, and one without a value. */
function valued(name: string, targets: readonly string[], printed = name): TargetWord<string | number> {
  return { targets, options: [printed], argv: (value) => [name, String(value)], read: (text) => text };
}
function switched(name: string, ...targets: string[]): TargetWord<boolean> {
  return {
    targets,
    options: [name],
    argv: (value) => flag(name, value),
    read: (text) => (text === undefined ? undefined : true),
  };
}
function changing(name: string): TargetWord<{ name: string; flags: string[] }> {
  return {
    targets: ["SET"],
    options: [name],
    argv: (value) => [name, value.name, value.flags.join(",")],
    read: readSet,
  };
}
const numeric = <W extends TargetWord<string | number>>(word: W) => ({
  ...word,
  read: (text: string | undefined) => (text === undefined ? undefined : Number(text)),
});
const withoutMask = (text: string | undefined) => text?.replace(/\/0xffffffff$/, "");
/** What iptables prints of what nobody asked for. */
const withoutDefaults =
  (...silent: string[]) =>
  (text: string | undefined) =>
    text === undefined || silent.includes(text) ? undefined : withoutMask(text);

export const targetOptions: { readonly [K in TargetOption]: TargetWord<never> } = {
  toSource: valued("--to-source", ["SNAT"]),
  toDestination: valued("--to-destination", ["DNAT"]),
  toPorts: valued("--to-ports", ["REDIRECT", "MASQUERADE"]),
  random: switched("--random", "SNAT", "DNAT", "MASQUERADE", "REDIRECT"),
  randomFully: switched("--random-fully", "SNAT", "MASQUERADE"),
  persistent: switched("--persistent", "SNAT", "DNAT"),
  setMark: {
    ...valued("--set-mark", ["MARK", "CONNMARK"], "--set-xmark"),
    read: (text) => (text === undefined || isSetting(text) ? withoutMask(text) : undefined),
  },
  setXmark: {
    ...valued("--set-xmark", ["MARK", "CONNMARK"]),
    read: (text) => (text === undefined || isSetting(text) ? undefined : text),
  },
  saveMark: switched("--save-mark", "CONNMARK"),
  restoreMark: switched("--restore-mark", "CONNMARK"),
  nfmask: {
    ...valued("--mask", ["CONNMARK"]),
    options: ["--nfmask", "--ctmask"],
    // Two that differ are no input.
    read: (nf, ct) => (nf === ct ? withoutDefaults("0xffffffff")(nf) : `${nf} of the packet, ${ct} of the connection`),
  },
  rejectWith: {
    ...valued("--reject-with", ["REJECT"]),
    read: withoutDefaults("icmp-port-unreachable", "icmp6-port-unreachable"),
  },
  logPrefix: valued("--log-prefix", ["LOG"]),
  onPort: numeric(valued("--on-port", ["TPROXY"])),
  onIp: { ...valued("--on-ip", ["TPROXY"]), read: withoutDefaults("0.0.0.0", "::") },
  tproxyMark: { ...valued("--tproxy-mark", ["TPROXY"]), read: withoutDefaults("0x0/0x0") },
  notrack: switched("--notrack", "CT"),
  zone: numeric(valued("--zone", ["CT"])),
  clampMssToPmtu: switched("--clamp-mss-to-pmtu", "TCPMSS"),
  setMss: numeric(valued("--set-mss", ["TCPMSS"])),
  queueNum: numeric(valued("--queue-num", ["NFQUEUE"])),
  queueBypass: switched("--queue-bypass", "NFQUEUE"),
  gateway: valued("--gateway", ["TEE"]),
  addSet: changing("--add-set"),
  delSet: changing("--del-set"),
};

// Maps, since a target is any word: `constructor` is the name of a chain.

/** What a target is of no use without: one of these inputs. */
export const needed: ReadonlyMap<string, readonly TargetOption[]> = new Map(
  Object.entries({
    SNAT: ["toSource"],
    DNAT: ["toDestination"],
    MARK: ["setMark", "setXmark"],
    CONNMARK: ["setMark", "setXmark", "saveMark", "restoreMark"],
    TPROXY: ["onPort"],
    CT: ["notrack", "zone"],
    TCPMSS: ["clampMssToPmtu", "setMss"],
    TEE: ["gateway"],
    SET: ["addSet", "delSet"],
  }),
);

/** The words of a target that has but one use. */
export const fixedWords: ReadonlyMap<string, readonly string[]> = new Map([["CHECKSUM", ["--checksum-fill"]]]);

/** Where the kernel takes the targets that it does not take everywhere. */
export const targetPlaces: ReadonlyMap<string, Places> = new Map(
  Object.entries({
    DROP: { tables: ["filter", "mangle", "raw", "security"] },
    REJECT: { tables: ["filter"] },
    MASQUERADE: { tables: ["nat"], chains: ["POSTROUTING"] },
    SNAT: { tables: ["nat"], chains: ["INPUT", "POSTROUTING"] },
    DNAT: { tables: ["nat"], chains: ["PREROUTING", "OUTPUT"] },
    REDIRECT: { tables: ["nat"], chains: ["PREROUTING", "OUTPUT"] },
    TPROXY: { tables: ["mangle"], chains: ["PREROUTING"] },
    CT: { tables: ["raw"] },
    CHECKSUM: { tables: ["mangle"] },
  }),
);

/** Where TCPMSS can know what the path takes. */
export const clampPlaces: Places = { chains: ["FORWARD", "OUTPUT", "POSTROUTING"] };
