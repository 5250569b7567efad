import { addJumps, forwarding, type Jump, masquerade } from "./iptables-node";
import { type Entries, type SetName, setName, sets } from "./ipvs-entries";
import type { Node } from "./node";
import { isOfFamily } from "./node";
import { type Family, Tables } from "./plan";

const jumps: readonly Jump[] = [
  ["filter", "INPUT", "KUBE-IPVS-FILTER", "kubernetes ipvs access filter"],
  ["filter", "INPUT", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "INPUT", "KUBE-NODE-PORT", "kubernetes health check rules"],
  ["filter", "FORWARD", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"],
  ["filter", "OUTPUT", "KUBE-IPVS-OUT-FILTER", "kubernetes ipvs access filter"],
  ["nat", "PREROUTING", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"],
];

const chains = {
  filter: ["FORWARD", "IPVS-FILTER", "IPVS-OUT-FILTER", "NODE-PORT", "PROXY-FIREWALL", "SOURCE-RANGES-FIREWALL"],
  nat: ["LOAD-BALANCER", "MARK-MASQ", "NODE-PORT", "POSTROUTING", "SERVICES"],
} as const;

/** Sets, chains, and the rules that are there whatever the services are. */
export function ipvsTables(family: Family, entries: Entries): Tables {
  const tables = new Tables(family);
  for (const [name, type] of Object.entries(sets) as [SetName, string][]) {
    tables.add("IpSet", setLabel(name), {
      ...{ name: setName(family, name), type, entries: entries.get(name) ?? [] },
      ...(type !== "bitmap:port" && { family }),
    });
  }
  for (const table of ["filter", "nat"] as const) {
    for (const chain of chains[table]) tables.chain(table, `KUBE-${chain}`);
  }
  forwarding(tables);
  masquerade(tables);
  tables.rule("nat", "KUBE-LOAD-BALANCER", 0, "nat-load-balancer", { target: "KUBE-MARK-MASQ" });
  tables.rule("nat", "KUBE-SERVICES", 0, "nat-loopback", {
    ...{ source: family === "ipv6" ? "::1" : "127.0.0.0/8", target: "RETURN" },
  });
  const toNodePorts = { addressType: { destination: "LOCAL" }, target: "KUBE-NODE-PORT" };
  // Not that of mode iptables: that one stands until the virtual servers are there.
  tables.rule("nat", "KUBE-SERVICES", 20, "nat-ipvs-node-ports", toNodePorts);
  accessFilter(tables);
  addJumps(tables, jumps);
  return tables;
}

/** What is for an address of a service and for none of its ports is refused: the host would answer for itself. */
function accessFilter(tables: Tables): void {
  const known: [SetName, ...string[]][] = [
    ["LOAD-BALANCER", "dst", "dst"],
    ["CLUSTER-IP", "dst", "dst"],
    ["EXTERNAL-IP", "dst", "dst"],
    ["EXTERNAL-IP-LOCAL", "dst", "dst"],
    ["HEALTH-CHECK-NODE-PORT", "dst"],
  ];
  for (const [index, [set, ...flags]] of known.entries())
    matching(tables, "filter", "KUBE-IPVS-FILTER", index, set, flags, "", { target: "RETURN" });
  matching(tables, "filter", "KUBE-IPVS-FILTER", known.length, "IPVS-IPS", ["dst"], "", {
    ...{ ctstate: ["NEW"], target: "REJECT" },
    rejectWith: tables.family === "ipv6" ? "icmp6-port-unreachable" : "icmp-port-unreachable",
  });
  matching(tables, "filter", "KUBE-NODE-PORT", 0, "HEALTH-CHECK-NODE-PORT", ["dst"], "", {
    ...{ comment: "Kubernetes health check node port", target: "ACCEPT" },
  });
  tables.rule("filter", "KUBE-SOURCE-RANGES-FIREWALL", 0, "filter-source-ranges", { target: "DROP" });
}

function setLabel(name: SetName): string {
  return `set-${name}`;
}

/** A rule for what is in a set. */
function matching(
  tables: Tables,
  ...[table, chain, priority, set, flags, what, inputs]: [
    table: "filter" | "nat",
    chain: string,
    priority: number,
    set: SetName,
    flags: readonly string[],
    what: string,
    inputs: object,
  ]
): void {
  const label = [table, chain.replace("KUBE-", ""), set, what].filter(Boolean).join("-");
  const matchSet = { name: setName(tables.family, set), flags };
  tables.rule(table, chain, priority, label, { matchSet, ...inputs }, { after: [tables.named(setLabel(set))] });
}

/** The rules of nat for the sets that hold something: one for each set, not for each service. */
export function setRules(tables: Tables, { podCidr, masqueradeAll }: Node, entries: Entries): void {
  const rule = (chain: string, priority: number, set: SetName, flags: string, what: string, inputs: object) => {
    if (entries.has(set)) matching(tables, "nat", chain, priority, set, flags.split(","), what, inputs);
  };
  rule("KUBE-POSTROUTING", 0, "LOOP-BACK", "dst,dst,src", "itself", {
    ...{ comment: "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose", target: "MASQUERADE" },
  });
  const cidr = podCidr.find(isOfFamily(tables.family));
  const isByAddress = masqueradeAll || cidr !== undefined;
  rule("KUBE-SERVICES", 1, "CLUSTER-IP", isByAddress ? "dst,dst" : "src,dst", "masquerade", {
    ...(!masqueradeAll && cidr !== undefined && { source: `! ${cidr}` }),
    ...{ comment: "Kubernetes service cluster ip + port for masquerade purpose", target: "KUBE-MARK-MASQ" },
  });
  external(rule);
  rule("KUBE-SERVICES", 30, "CLUSTER-IP", "dst,dst", "known", { target: "ACCEPT" });
  for (const [index, protocol] of (["tcp", "udp"] as const).entries()) {
    const name = protocol === "tcp" ? "TCP" : "UDP";
    const comment = (end: string) => ({ protocol, comment: `Kubernetes nodeport ${name} port ${end}` });
    rule("KUBE-NODE-PORT", 2 * index, `NODE-PORT-LOCAL-${name}`, "dst", "local", {
      ...{ ...comment("with externalTrafficPolicy=local"), target: "RETURN" },
    });
    rule("KUBE-NODE-PORT", 2 * index + 1, `NODE-PORT-${name}`, "dst", "masquerade", {
      ...{ ...comment("for masquerade purpose"), target: "KUBE-MARK-MASQ" },
    });
  }
}

function external(
  rule: (chain: string, priority: number, set: SetName, flags: string, what: string, inputs: object) => void,
): void {
  const comments = {
    "EXTERNAL-IP": "Kubernetes service external ip + port for masquerade and filter purpose",
    "EXTERNAL-IP-LOCAL": "Kubernetes service external ip + port with externalTrafficPolicy=local",
  } as const;
  const add = (priority: number, set: keyof typeof comments, what: string, inputs: object) =>
    rule("KUBE-SERVICES", priority, set, "dst,dst", what, { comment: comments[set], ...inputs });
  add(2, "EXTERNAL-IP", "masquerade", { target: "KUBE-MARK-MASQ" });
  for (const [index, set] of (["EXTERNAL-IP", "EXTERNAL-IP-LOCAL"] as const).entries()) {
    const addressType = { source: "! LOCAL" };
    add(3 + 2 * index, set, "forwarded", { physdevIsIn: false, addressType, target: "ACCEPT" });
    add(4 + 2 * index, set, "own", { addressType: { destination: "LOCAL" }, target: "ACCEPT" });
  }
}
