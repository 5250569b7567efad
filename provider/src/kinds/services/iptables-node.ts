import type { Family, Planned } from "./plan";
import { Tables } from "./plan";

/** What marks a packet whose sender is to be masqueraded. */
const mark = "0x4000/0x4000";

export type Jump = [table: "filter" | "nat", from: string, to: string, comment?: string, ofNew?: "NEW"];

/** Jumps from the chains of the kernel. They stand before the rules of others, in this order. */
const jumps: readonly Jump[] = [
  ["filter", "INPUT", "KUBE-FIREWALL"],
  ["filter", "INPUT", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", "NEW"],
  ["filter", "INPUT", "KUBE-NODEPORTS", "kubernetes health check service ports"],
  ["filter", "INPUT", "KUBE-EXTERNAL-SERVICES", "kubernetes externally-visible service portals", "NEW"],
  ["filter", "FORWARD", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", "NEW"],
  ["filter", "FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"],
  ["filter", "FORWARD", "KUBE-SERVICES", "kubernetes service portals", "NEW"],
  ["filter", "FORWARD", "KUBE-EXTERNAL-SERVICES", "kubernetes externally-visible service portals", "NEW"],
  ["filter", "OUTPUT", "KUBE-FIREWALL"],
  ["filter", "OUTPUT", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", "NEW"],
  ["filter", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals", "NEW"],
  ["nat", "PREROUTING", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"],
];

const chains = {
  filter: ["EXTERNAL-SERVICES", "FIREWALL", "FORWARD", "NODEPORTS", "PROXY-FIREWALL", "SERVICES"],
  nat: ["MARK-MASQ", "NODEPORTS", "POSTROUTING", "SERVICES"],
} as const;

/** Behind the rules of all services. */
const last = 0xffffffff;

/** What a node has without any service: chains, the jumps to them, and what marks and masquerades. */
export function nodeTables(family: Family): Tables {
  const tables = new Tables(family);
  for (const table of ["filter", "nat"] as const) {
    for (const chain of chains[table]) tables.chain(table, `KUBE-${chain}`);
  }
  filterRules(tables);
  masquerade(tables);
  nodePorts(tables);
  addJumps(tables, jumps);
  return tables;
}

/** Jumps from the chains of the kernel, before the rules of others. */
export function addJumps(tables: Tables, jumps: readonly Jump[]): void {
  for (const [index, [table, from, to, comment, ofNew]] of jumps.entries()) {
    tables.rule(table, from, index, `${table}-${from}-${to}`, {
      position: "insert",
      target: to,
      ...(comment && { comment }),
      ...(ofNew && { ctstate: [ofNew] }),
    });
  }
}

function filterRules(tables: Tables): void {
  if (tables.family === "ipv4") {
    // With route_localnet others could reach what listens on the loopback link only.
    tables.rule("filter", "KUBE-FIREWALL", 0, "filter-localnet", {
      ...{ source: "! 127.0.0.0/8", destination: "127.0.0.0/8", ctstate: ["! RELATED", "ESTABLISHED", "DNAT"] },
      ...{ comment: "block incoming localnet connections", target: "DROP" },
    });
  }
  // What conntrack takes for no part of a connection is not translated back: the client would reset the connection.
  tables.rule("filter", "KUBE-FORWARD", 0, "filter-forward-invalid", { ctstate: ["INVALID"], target: "DROP" });
  forwarding(tables);
}

/** What belongs to a service is forwarded. */
export function forwarding(tables: Tables): void {
  const forward = (priority: number, what: string, inputs: object) =>
    tables.rule("filter", "KUBE-FORWARD", priority, `filter-forward-${what}`, { ...inputs });
  forward(1, "marked", { mark, comment: "kubernetes forwarding rules", target: "ACCEPT" });
  forward(2, "known", {
    ...{ ctstate: ["RELATED", "ESTABLISHED"], comment: "kubernetes forwarding conntrack rule", target: "ACCEPT" },
  });
}

/** What marks packets, and what masquerades those that are marked. */
export function masquerade(tables: Tables): void {
  tables.rule("nat", "KUBE-MARK-MASQ", 0, "nat-mark", { target: "MARK", setMark: mark });
  const postrouting = (priority: number, what: string, inputs: object) =>
    tables.rule("nat", "KUBE-POSTROUTING", priority, `nat-postrouting-${what}`, { ...inputs });
  postrouting(1, "unmarked", { mark: `! ${mark}`, target: "RETURN" });
  // The packet may pass here a second time, inside a tunnel: then it is to be left alone.
  postrouting(2, "unmark", { target: "MARK", setXmark: "0x4000/0x0" });
  postrouting(3, "masquerade", {
    ...{ comment: "kubernetes service traffic requiring SNAT", target: "MASQUERADE", randomFully: true },
  });
}

function nodePorts(tables: Tables): void {
  tables.rule("nat", "KUBE-SERVICES", last, "nat-node-ports", {
    ...(tables.family === "ipv6" && { destination: "! ::1" }),
    addressType: { destination: "LOCAL" },
    comment: "kubernetes service nodeports; NOTE: this must be the last rule in this chain",
    target: "KUBE-NODEPORTS",
  });
}

/** Without it the kernel drops what comes from the loopback link and leaves by another: node ports on 127.0.0.1. */
export const routeLocalnet: Planned = {
  kind: "Sysctl",
  name: "route_localnet",
  inputs: { key: "net/ipv4/conf/all/route_localnet", value: "1" },
  after: [],
};
