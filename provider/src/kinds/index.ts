import type { AnyKind } from "../core/kind";
import { address } from "./addresses/address";
import { bridgeFdb } from "./addresses/bridge-fdb";
import { neighbour } from "./addresses/neighbour";
import { probe } from "./checks/probe";
import { ipSet } from "./firewall/ip-set";
import { iptablesChain } from "./firewall/iptables-chain";
import { iptablesPolicy } from "./firewall/iptables-policy";
import { iptablesRule } from "./firewall/iptables-rule";
import { nftTable } from "./firewall/nft-table";
import { file } from "./host/file";
import { kernelModule } from "./host/kernel-module";
import { netns } from "./host/netns";
import { process } from "./host/process";
import { sysctl } from "./host/sysctl";
import { xfrmPolicy } from "./ipsec/xfrm-policy";
import { xfrmState } from "./ipsec/xfrm-state";
import { ipvsBackend } from "./ipvs/ipvs-backend";
import { ipvsService } from "./ipvs/ipvs-service";
import { ipvsTimeouts } from "./ipvs/ipvs-timeouts";
import { bond } from "./links/bond";
import { bridge } from "./links/bridge";
import { dummy } from "./links/dummy";
import { link } from "./links/existing-link";
import { fou } from "./links/fou";
import { ifb } from "./links/ifb";
import { ipvlan } from "./links/ipvlan";
import { macvlan } from "./links/macvlan";
import { pod } from "./links/pod";
import { tap } from "./links/tap";
import { tunnel } from "./links/tunnel";
import { vethPair } from "./links/veth-pair";
import { vlan } from "./links/vlan";
import { vrf } from "./links/vrf";
import { vxlan } from "./links/vxlan";
import { wireguard } from "./links/wireguard";
import { wireguardKey } from "./links/wireguard-key";
import { xfrmInterface } from "./links/xfrm-interface";
import { mplsRoute } from "./routing/mpls-route";
import { policyRule } from "./routing/policy-rule";
import { route } from "./routing/route";
import { serviceTable } from "./services/service-table";
import { qdisc } from "./traffic/qdisc";
import { trafficFilter } from "./traffic/traffic-filter";

export {
  address,
  bond,
  bridge,
  bridgeFdb,
  dummy,
  file,
  fou,
  ifb,
  ipSet,
  iptablesChain,
  iptablesPolicy,
  iptablesRule,
  ipvlan,
  ipvsBackend,
  ipvsService,
  ipvsTimeouts,
  kernelModule,
  link,
  macvlan,
  mplsRoute,
  neighbour,
  netns,
  nftTable,
  pod,
  policyRule,
  probe,
  process,
  qdisc,
  route,
  serviceTable,
  sysctl,
  tap,
  trafficFilter,
  tunnel,
  vethPair,
  vlan,
  vrf,
  vxlan,
  wireguard,
  wireguardKey,
  xfrmInterface,
  xfrmPolicy,
  xfrmState,
};

const all: readonly AnyKind[] = [
  ...[
    netns,
    bridge,
    vethPair,
    pod,
    dummy,
    vlan,
    vxlan,
    tunnel,
    fou,
    macvlan,
    ipvlan,
    vrf,
    bond,
    ifb,
    tap,
    wireguard,
    wireguardKey,
    xfrmInterface,
    link,
  ],
  ...[address, neighbour, bridgeFdb, route, policyRule, mplsRoute, qdisc, trafficFilter],
  ...[kernelModule, sysctl, iptablesChain, iptablesPolicy, ipSet, iptablesRule, nftTable, xfrmState, xfrmPolicy],
  ...[ipvsService, ipvsBackend, ipvsTimeouts, serviceTable, file, process, probe],
];

/** Every kind by its type. */
export const kinds: Readonly<Record<string, AnyKind>> = Object.fromEntries(all.map((kind) => [kind.type, kind]));
