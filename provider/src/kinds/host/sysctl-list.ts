import type { Host } from "../../host";
import { readAllSysctls, readNewSysctls, readSysctls } from "../../tools/sysctl";
import { baselineOf, isCoarse, variableOf } from "./sysctl-names";

/** Settings that labs often change, with the kernel's defaults. These are used even if a new namespace has another value. */
const defaults = new Map([
  ["net/ipv4/ip_forward", "0"],
  ["net/ipv6/conf/all/forwarding", "0"],
  ["net/bridge/bridge-nf-call-iptables", "1"],
  ["net/bridge/bridge-nf-call-ip6tables", "1"],
  ["net/ipv4/vs/conntrack", "0"],
]);

/** Counters, amounts, values that follow from a link's mtu or type, and secrets. */
const notSet =
  /_count$|\/(tcp_e|udp_)hash_entries$|\/nf_hooks_lwtunnel|\/stable_secret$|\/mc_forwarding$|\/tcp_fastopen_key$|\/ipv6\/conf\/[^/]+\/mtu$|\/flow_limit/;

/** The kernel's value for links that do not have the feature. */
const none = "-1";

interface ChangedSetting {
  readonly key: string;
  readonly omit?: string;
}

/** The settings of a namespace that differ from a new one, without those that the kernel changed because of another setting. */
export async function listChanged(host: Host, netns: string | undefined): Promise<ChangedSetting[]> {
  const ofNew = await readNewSysctls(host);
  const now = ofNew ? await readAllSysctls(host, netns) : await readSysctls(host, netns, [...defaults.keys()]);
  const changed = [...now].filter(([key, value]) => isChanged(key, value, now, ofNew ?? new Map()));
  const entries = changed.map(([key, value]) => {
    if (defaults.has(key) || netns !== undefined) return { key };
    const omit = `it is ${oneOf(value)}, in a new namespace ${oneOf(ofNew?.get(key) ?? "as links have it")}; on the host itself its configuration may set it: import it by this id if it is yours`;
    return { key, omit };
  });
  const blind = { key: "net", omit: "changed settings cannot be found without a new namespace to compare with" };
  return ofNew ? entries : [...entries, blind];
}

function oneOf(value: string): string {
  return value === "" ? "empty" : value;
}

function isChanged(
  key: string,
  value: string,
  now: ReadonlyMap<string, string>,
  ofNew: ReadonlyMap<string, string>,
): boolean {
  const known = defaults.get(key);
  if (known !== undefined) return value !== known;
  if (variableOf(key) !== key || isCoarse(key) || notSet.test(key)) return false;
  const usual = baselineOf(key, now, ofNew);
  // A setting that a new namespace lacks belongs to the whole machine, and has no value to compare with.
  return usual !== undefined && value !== usual && !(value === none && key.includes("/ipv6/conf/"));
}
