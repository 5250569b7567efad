/** Features that a kernel may lack. probe-features.mjs finds out which. */
export type Feature =
  | "dummy"
  | "ifb"
  | "tap"
  | "ipvlan"
  | "xfrm"
  | "ipsec states"
  | "fou"
  | "wireguard"
  | "tunnel"
  | "vlan"
  | "vrf"
  | "bond"
  | "vlan filtering"
  | "mpls"
  | "netem"
  | "qdisc fq"
  | "qdisc fq_codel"
  | "qdisc prio"
  | "filters"
  | "ipvs"
  | "modules"
  | "ipset"
  | "xdp"
  | "both backends of iptables";

/** Why the kernel lacks a feature; undefined if it has it. */
export function lack(feature: Feature | undefined): string | undefined {
  if (feature === undefined) return undefined;
  const lacks = JSON.parse(process.env.LOCALNET_TEST_LACKS ?? "{}") as Record<string, string>;
  return feature in lacks ? `this kernel has no ${feature}: ${lacks[feature]}` : undefined;
}
