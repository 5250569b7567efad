import { isOf } from "../program";
import type { NoShape, Shape } from "../shapes";
import { file, netns } from "./files";
import { ipSet, iptablesChain, iptablesPolicy } from "./firewall";
import { xfrmPolicy, xfrmState } from "./ipsec";
import { ipvsBackend, ipvsService, ipvsTimeouts } from "./ipvs";
import {
  bond,
  bridge,
  dummy,
  ifb,
  ipvlan,
  linkShape,
  pod,
  tap,
  tunnel,
  vethPair,
  vlan,
  vxlan,
  wireguard,
  xfrmInterface,
} from "./links";
import { probe, process } from "./processes";
import { address, neighbour, policyRule, route } from "./routes";
import { iptablesRule, nftTable } from "./rules";
import { serviceTable } from "./services";
import { sysctl } from "./settings";
import { qdisc, trafficFilter } from "./traffic";

/** How resources of each kind are made, or why there are none; a link that is not here is made as its schema says. */
const shapes: Readonly<Record<string, Shape | NoShape>> = {
  Netns: netns,
  Bridge: bridge,
  VethPair: vethPair,
  Pod: pod,
  Dummy: dummy,
  Bond: bond,
  Ifb: ifb,
  Tap: tap,
  Ipvlan: ipvlan,
  XfrmInterface: xfrmInterface,
  Vlan: vlan,
  Vxlan: vxlan,
  Tunnel: tunnel,
  Wireguard: wireguard,
  Address: address,
  Neighbour: neighbour,
  Route: route,
  MplsRoute: { none: "a namespace takes labels only once a setting says how many, which programs do not have" },
  Fou: { none: "the kernel has it only once its module is loaded, which programs do not do" },
  PolicyRule: policyRule,
  Qdisc: qdisc,
  Sysctl: sysctl,
  IptablesRule: iptablesRule,
  Process: process,
  Probe: probe,
  File: file,
  XfrmState: xfrmState,
  XfrmPolicy: xfrmPolicy,
  IpvsService: ipvsService,
  IpvsTimeouts: ipvsTimeouts,
  IpvsBackend: ipvsBackend,
  WireguardKey: { none: "it is in no kernel" },
  BridgeFdb: { none: "no program writes into the tables of its bridges yet" },
  TrafficFilter: trafficFilter,
  Link: { none: "programs have no link that they do not make" },
  IptablesChain: iptablesChain,
  IptablesPolicy: iptablesPolicy,
  NftTable: nftTable,
  ServiceTable: serviceTable,
  IpSet: ipSet,
  KernelModule: { none: "a module is the whole machine's: it cannot be in a namespace of a test's own" },
};

/** Inputs that no resource is given, whatever its kind. */
export const common: Readonly<Record<string, string>> = {
  adopt: "it is for what is there already",
  host: "there is one host",
  owner: "the provider's",
  vlans: "what is looked at does not tell VLANs",
  offloads: "what is looked at does not tell them",
  impairment: "not every kernel has netem, and it would delay the traffic that others look at",
};

const links = new Map<string, Shape>();

export function shapeOf(type: string): Shape | undefined {
  const shape = shapes[type];
  if (shape) return "prefix" in shape ? shape : undefined;
  if (!isOf(type, "link")) return undefined;
  const link = links.get(type) ?? linkShape(type);
  links.set(type, link);
  return link;
}

/** Why programs have no resource of a kind. */
export function reasonFor(type: string): string | undefined {
  const shape = shapes[type];
  return shape && "none" in shape ? shape.none : undefined;
}
