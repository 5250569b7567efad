import type { ObjectReader } from "../../core/kernel-object";
import { isMark, leastGroup } from "../../core/mark";
import { cidrOf, isKernelsAddress } from "../ip/link-addresses";
import { type Link, type LinkAddress, showLinks } from "../ip/links";
import { linksOfNew } from "./links";
import { differences, type Options, withoutInput } from "./options";

// Options of links and of their addresses that no input has.

/** Of all tunnels; some are there only if they are set. Not `proto`: ours carry what each of its values does. */
const tunnelDefaults: Options = {
  ...{ tos: "0x0", fwmark: "0x0", external: false, ignore_df: false, isatap: false },
  ...{ iseq: false, oseq: false, icsum: false, ocsum: false, pmtudisc: true },
  ...{ encap_limit: 4, tclass: "0x00", flowlabel: "0x00000" },
  ...{ ip6_tnl_f_ign_encap_limit: false, ip6_tnl_f_use_orig_tclass: false, ip6_tnl_f_use_orig_flowlabel: false },
  ...{ ip6_tnl_f_rcv_dscp_copy: false, ip6_tnl_f_mip6_dev: false, ip6_tnl_f_allow_local_remote: false },
  ip6_tnl_f_use_orig_fwmark: false,
};

/** The kernel's defaults, by type of link. */
const defaults: Readonly<Record<string, Options>> = {
  bond: {
    ...{
      primary: null,
      use_carrier: 1,
      arp_interval: 0,
      arp_validate: null,
      arp_all_targets: "any",
      arp_ip_target: [],
    },
    ...{ arp_missed_max: 2, ns_ip6_target: [], resend_igmp: 1, lp_interval: 1, packets_per_slave: 1 },
    ...{ tlb_dynamic_lb: 1, ad_lacp_active: "on", ad_select: "stable", ad_actor_sys_prio: 65535, ad_user_port_key: 0 },
    ...{ ad_actor_system: "00:00:00:00:00:00", coupled_control: true, broadcast_neighbor: false },
  },
  bridge: {
    ...{ group_addr: "01:80:c2:00:00:00", no_linklocal_learn: 0, vlan_stats_enabled: 0, vlan_stats_per_port: 0 },
    ...{ mcast_router: 1, mcast_query_use_ifaddr: 0, mcast_querier: 0, mcast_vlan_snooping: 0, mst_enabled: 0 },
    ...{ mcast_hash_elasticity: 16, mcast_hash_max: 4096, mcast_stats_enabled: 0, fdb_max_learned: 0 },
    ...{ mcast_last_member_cnt: 2, mcast_last_member_intvl: 100, mcast_membership_intvl: 26000 },
    ...{ mcast_startup_query_cnt: 2, mcast_startup_query_intvl: 3125, mcast_querier_intvl: 25500 },
    ...{ mcast_query_intvl: 12500, mcast_query_response_intvl: 1000, mcast_igmp_version: 2, mcast_mld_version: 1 },
    ...{ fdb_local_vlan_0: 1, mdb_offload_fail_notification: 0, stp_mode: "auto" },
  },
  vlan: { flags: ["REORDER_HDR"] },
  macvlan: { nopromisc: false, nodst: false, bcqueuelen: 1000, bclim: 1, macaddr_data: [] },
  vxlan: {
    ...{ port_range: { low: 0, high: 0 }, tos: "0x0", df: "unset", label: "0x0", ageing: 300, limit: 0 },
    ...{ gbp: false, gpe: false, remcsum_tx: false, remcsum_rx: false, localbypass: true },
  },
  geneve: { tos: "0x0", df: "unset", label: "0x0", external: false, inner_proto_inherit: false },
  xfrm: { external: false },
};

const noKey = "0.0.0.0";

/** Of a port of a bond. */
const bondPortDefaults: Options = { queue_id: 0, prio: 0 };

const forever = 2 ** 32 - 1;
const addressDefaults: Options = { home: false, autojoin: false, mngtmpaddr: false, preferred_life_time: forever };

/** Those that an `Address` can have, but not the `addresses` of a link. Not `nodad`: it only matters while an address comes up. */
const addressOptions = (ifname: string, { local = "", broadcast, metric, ...entry }: LinkAddress): string[] => [
  ...differences(entry, { label: ifname, noprefixroute: false }),
  ...(local.includes(":") ? [] : differences(entry, { scope: local.startsWith("127.") ? "host" : "global" })),
  ...Object.entries({ broadcast, metric }).flatMap(([key, value]) => (value ? [`${key} ${value}`] : [])),
];

const links: ObjectReader = {
  name: "options of links",
  async read(host, netns) {
    const ofNew = await linksOfNew(host);
    return (await showLinks(host, netns)).filter(({ ifname }) => !ofNew.includes(ifname)).flatMap(optionsOf);
  },
};

const addresses: ObjectReader = {
  name: "options of addresses",
  async read(host, netns) {
    const all = (await showLinks(host, netns)).flatMap((link) => link.addr_info.map((entry) => ({ link, entry })));
    const made = all.filter(({ link, entry }) => !isKernelsAddress(link, entry) && !entry.dynamic);
    return made.flatMap(({ link: { ifname: device }, entry }) => {
      const object = (words: string) => withoutInput(`option of ${cidrOf(entry)} dev ${device} ${words}`);
      const address = `${entry.local}/${entry.prefixlen}`;
      return [
        ...differences(entry, addressDefaults).map(object),
        ...addressOptions(device, entry).map((words) => ({
          ...{ ...object(words), why: "only an Address has it, and the link has this one" },
          coveredBy: [{ inputs: { device, address } }],
        })),
      ];
    });
  },
};

/** The mark takes the place of an alias and of a group. */
function optionsOf({ ifname, linkinfo, ifalias = "", group, xdp, ...link }: Link) {
  const {
    info_kind: type = "",
    info_data: data = {},
    info_slave_kind: master,
    info_slave_data: port = {},
  } = linkinfo ?? {};
  const usual = defaults[type === "macvtap" ? "macvlan" : type] ?? tunnelDefaults;
  // One input is both numbers of a tunnel.
  const { ikey = noKey, okey = noKey } = data;
  const keys = ikey === okey ? [] : [`ikey ${ikey} okey ${okey}`];
  const changed = [
    ...differences(data, usual),
    ...keys,
    ...(master === "bond" ? differences(port, bondPortDefaults) : []),
    ...differences(link, { proto_down: false }),
    ...(xdp ? [`xdp ${xdp.prog?.name ?? xdp.prog?.id ?? ""}`.trim()] : []),
    ...(ifalias === "" || isMark(ifalias) ? [] : [`alias ${ifalias}`]),
    ...(group === "default" || Number(group) >= leastGroup ? [] : [`group ${group}`]),
  ];
  return changed.map((words) => withoutInput(`option of ${ifname} ${words}`));
}

export const rareLinks: readonly ObjectReader[] = [links, addresses];
