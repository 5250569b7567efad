import type { Places } from "./iptables-chains";
import { isSetting, type TargetOption } from "./iptables-target-args";
import { flag, readSet, type Word } from "./iptables-words";

type TargetWord<V> = Word<V> & {
  /** The targets that have this option. */
  readonly targets: readonly string[];
};

/** An option with one value. */
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
/** Removes the values that iptables prints by default. */
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
    // No input can express two different masks.
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

// These are maps because a target may be any word: a chain may be called `constructor`.

/** The inputs of which a target needs one. */
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

/** The words of a target that has only one use. */
export const fixedWords: ReadonlyMap<string, readonly string[]> = new Map([["CHECKSUM", ["--checksum-fill"]]]);

/** Where the kernel accepts the targets that it does not accept everywhere. */
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

/** The chains in which TCPMSS can know the path's mtu. */
export const clampPlaces: Places = { chains: ["FORWARD", "OUTPUT", "POSTROUTING"] };
