import type { Host } from "../../host";
import { canonicalName, dependencies, loadedModules } from "../../tools/modules";
import { type Line, outputOf } from "./check";

interface Feature {
  /** The kinds and inputs that need it. */
  readonly what: string;
  readonly module: string;
  /** A command that needs it. */
  readonly argv: readonly string[];
  readonly input?: string;
}

/** Probes for a type of link, with the arguments that it needs. */
function link(what: string, module: string, words: string, below = false): Feature {
  const lines = [
    ...(below ? ["link add name low type veth"] : []),
    `link add ${below ? "link low " : ""}name probe type ${words}`,
  ];
  return { what, module, argv: ["ip", "-batch", "-"], input: `${lines.join("\n")}\n` };
}

function command(what: string, module: string, ...argv: string[]): Feature {
  return { what, module, argv };
}

/** Probes for an IPsec state in a protocol, with these arguments and an arbitrary key. */
function state(what: string, module: string, protocol: string, ...algorithm: string[]): Feature {
  const address = ["src", "192.0.2.1", "dst", "192.0.2.2"];
  return command(what, module, "ip", "xfrm", "state", "add", ...address, "proto", protocol, "spi", "257", ...algorithm);
}

/** Probes for a queueing discipline, by its arguments for `tc`. */
function qdisc(words: string): Feature {
  const [name = "", ...rest] = words.split(" ");
  return command(`Qdisc: ${name}`, `sch_${name}`, "tc", "qdisc", "add", "dev", "lo", "root", name, ...rest);
}

/** Probes for a filter. */
function filter(what: string, module: string, ...words: string[]): Feature {
  const lines = ["qdisc add dev lo ingress", `filter add dev lo ingress ${words.join(" ")}`];
  return { what, module, argv: ["tc", "-batch", "-"], input: `${lines.join("\n")}\n` };
}

const filters: readonly Feature[] = [
  filter("TrafficFilter: matchall", "cls_matchall", "matchall", "flowid", "1:1"),
  filter("TrafficFilter: u32", "cls_u32", "protocol", "ip", "u32", "match", "u32", "0", "0", "flowid", "1:1"),
  filter("TrafficFilter: flower", "cls_flower", "protocol", "ip", "flower", "flowid", "1:1"),
  filter("TrafficFilter: fw", "cls_fw", "protocol", "ip", "handle", "1", "fw", "flowid", "1:1"),
  filter("TrafficFilter: drop, pass", "act_gact", "protocol", "ip", "u32", "match", "u32", "0", "0", "action", "drop"),
];

/** Features that a kernel may lack. */
const features: readonly Feature[] = [
  link("VethPair, Pod", "veth", "veth"),
  link("Bridge", "bridge", "bridge"),
  link("Dummy", "dummy", "dummy"),
  link("Vlan", "8021q", "vlan id 1", true),
  link("Vxlan", "vxlan", "vxlan id 1 dstport 4789"),
  link("Macvlan", "macvlan", "macvlan", true),
  link("Ipvlan", "ipvlan", "ipvlan", true),
  link("Vrf", "vrf", "vrf table 1"),
  link("Bond", "bonding", "bond"),
  link("Ifb", "ifb", "ifb"),
  command("Tap", "tun", "ip", "tuntap", "add", "dev", "probe", "mode", "tap"),
  link("Wireguard", "wireguard", "wireguard"),
  link("XfrmInterface", "xfrm_interface", "xfrm if_id 1"),
  state("XfrmState: esp", "esp4", "esp", "enc", "cbc(aes)", `0x${"00".repeat(16)}`),
  state("XfrmState: ah", "ah4", "ah", "auth", "hmac(sha1)", `0x${"00".repeat(20)}`),
  command("XfrmPolicy", "xfrm_user", "ip", "xfrm", "policy", "list"),
  link("Tunnel: ipip", "ipip", "ipip remote 192.0.2.1"),
  link("Tunnel: gre, gretap", "ip_gre", "gretap remote 192.0.2.1"),
  command("impairment", "sch_netem", "tc", "qdisc", "add", "dev", "lo", "root", "netem"),
  ...["tbf rate 1mbit burst 10kb latency 1ms", "fq", "fq_codel", "htb", "prio"].map(qdisc),
  command("Qdisc: ingress, clsact", "sch_ingress", "tc", "qdisc", "add", "dev", "lo", "clsact"),
  ...filters,
  command("IpSet", "ip_set", "ipset", "create", "probe", "hash:ip"),
  command("NftTable, IptablesRule, ServiceTable", "nf_tables", "nft", "add", "table", "ip", "probe"),
  command("IpvsService, IpvsBackend, ServiceTable: ipvs", "ip_vs", "ipvsadm", "-L", "-n"),
];

/** The features that the running kernel has or could load. Loads nothing: a feature is tried only if no module would be loaded. */
export async function checkKernel(host: Host): Promise<Line[]> {
  const loaded = await loadedModules(host);
  const enter = await throwaway(host);
  return Promise.all(
    features.map(async ({ what, module, argv, input = "" }): Promise<Line> => {
      const line = { group: "kernel", what } as const;
      if (loaded.has(canonicalName(module))) return { ...line, result: "ok", detail: `${module} is loaded` };
      const files = await dependencies(host, module).catch(() => undefined);
      if (files && files.length > 0) return { ...line, result: "ok", detail: `${module} is loaded when it is needed` };
      const isBuiltIn = files !== undefined || (await outputOf(host, [...enter, ...argv], { input })) !== undefined;
      if (isBuiltIn) return { ...line, result: "ok", detail: "built in" };
      const cure = "another kernel, or a virtual machine: npm run vm start in a clone";
      return { ...line, result: "missing", detail: `this kernel has no ${module}`, cure };
    }),
  );
}

/** The command line that runs a command as root of a new user and network namespace, which ends with it. */
async function throwaway(host: Host): Promise<string[]> {
  const isRoot = (await outputOf(host, ["id", "-u"])) === "0";
  return ["unshare", ...(isRoot ? [] : ["--user", "--map-root-user"]), "--net"];
}
