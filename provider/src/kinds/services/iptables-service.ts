import { affinity, endpointChain, jumpsTo, type Target } from "./iptables-endpoints";
import { chainHash } from "./names";
import type { Tables } from "./plan";
import { type Portal, type Spread, spreadOf } from "./portals";

/** One port of a service: its chains, from the inside outwards, and last the rules that lead to them. */
export function servicePort(tables: Tables, portal: Portal): void {
  const { used, all: usesAll, local: usesLocal, internal, outer: usesOuter, isLocal, nobody } = spreadOf(portal);
  const hash = chainHash(portal.name, portal.port.protocol);
  const targets = used.map((each) => endpointChain(tables, portal, each));
  const all = `KUBE-SVC-${hash}`;
  const ours = `KUBE-SVL-${hash}`;
  const outer = `KUBE-EXT-${hash}`;
  const ofThisNode = targets.filter(({ endpoint }) => endpoint.local);
  const done = [
    ...(usesAll ? balanced(tables, portal, all, targets, internal === "all") : []),
    ...(usesLocal ? balanced(tables, portal, ours, ofThisNode, internal === "local") : []),
    ...(usesOuter
      ? fromOutside(tables, portal, outer, all, isLocal ? { ours: usesLocal ? ours : undefined } : undefined)
      : []),
  ];
  const inner = internal && { all, local: ours }[internal];
  lead(tables, portal, inner, usesOuter ? outer : undefined, done);
  refuse(tables, portal, nobody);
}

/** A chain that spreads connections over endpoints. Who comes by the cluster address may have to be masqueraded first. */
function balanced(
  tables: Tables,
  portal: Portal,
  chain: string,
  targets: readonly Target[],
  isInternal: boolean,
): string[] {
  const { service, podCidr, masqueradeAll, name } = portal;
  const what = `${name}-${chain.slice(5, 8).toLowerCase()}`;
  tables.chain("nat", chain, what);
  const rules: string[] = [];
  if (isInternal && (masqueradeAll || podCidr !== undefined)) {
    rules.push(
      tables.rule("nat", chain, 0, `${what}-masquerade`, {
        ...(masqueradeAll ? {} : { source: `! ${podCidr}` }),
        ...toAddress(portal, portal.address),
        ...{ comment: `${name} cluster IP`, target: "KUBE-MARK-MASQ" },
      }),
    );
  }
  if (service.sessionAffinity) rules.push(...affinity(tables, portal, chain, what, targets));
  return [...rules, ...jumpsTo(tables, portal, chain, what, targets)];
}

/** A chain for who comes by a node port or an external address. `local`: with policy Local, the chain of this node's endpoints. */
function fromOutside(
  tables: Tables,
  { name, podCidr }: Portal,
  chain: string,
  all: string,
  local: { ours: string | undefined } | undefined,
): string[] {
  const what = `${name}-ext`;
  tables.chain("nat", chain, what);
  const rule = (priority: number, which: string, inputs: object) =>
    tables.rule("nat", chain, priority, `${what}-${which}`, { ...inputs });
  if (!local) {
    const comment = `masquerade traffic for ${name} external destinations`;
    return [rule(0, "masquerade", { comment, target: "KUBE-MARK-MASQ" }), rule(1, "all", { target: all })];
  }
  const addressType = { source: "LOCAL" };
  const comment = (begin: string) => ({ comment: `${begin} for ${name} external destinations` });
  return [
    ...(podCidr ? [rule(0, "pods", { source: podCidr, ...comment("pod traffic"), target: all })] : []),
    rule(1, "masquerade", { addressType, ...comment("masquerade LOCAL traffic"), target: "KUBE-MARK-MASQ" }),
    rule(2, "node", { addressType, ...comment("route LOCAL traffic"), target: all }),
    ...(local.ours ? [rule(3, "local", { target: local.ours })] : []),
  ];
}

function toAddress({ port }: Portal, destination: string) {
  return { destination, protocol: port.protocol, destinationPorts: port.port };
}

/** The rules that lead to the chains of a port, when those are whole. */
function lead(
  tables: Tables,
  portal: Portal,
  internal: string | undefined,
  outer: string | undefined,
  after: string[],
): void {
  const { name, address, external, port } = portal;
  const rule = (chain: string, priority: number, what: string, inputs: object) =>
    tables.rule("nat", chain, priority, `${name}-at-${what}`, { ...inputs }, { after });
  if (internal)
    rule("KUBE-SERVICES", 0, address, {
      ...toAddress(portal, address),
      comment: `${name} cluster IP`,
      target: internal,
    });
  if (!outer) return;
  for (const each of external)
    rule("KUBE-SERVICES", 1, each, { ...toAddress(portal, each), comment: `${name} external IP`, target: outer });
  if (port.nodePort !== undefined)
    rule("KUBE-NODEPORTS", 0, "node-port", {
      ...{ protocol: port.protocol, destinationPorts: port.nodePort, comment: name, target: outer },
    });
}

/** What tells a client that nobody is there: refused when there is no endpoint at all, dropped when there is none for it. */
function refuse(tables: Tables, portal: Portal, { internalClients, externalClients }: Spread["nobody"]): void {
  const { name, address, external, port, endpoints } = portal;
  const rejectWith = tables.family === "ipv6" ? "icmp6-port-unreachable" : "icmp-port-unreachable";
  const answer = endpoints.length
    ? { comment: `${name} has no local endpoints`, target: "DROP" }
    : { comment: `${name} has no endpoints`, target: "REJECT", rejectWith };
  const rule = (chain: string, what: string, inputs: object) =>
    tables.rule("filter", chain, 0, `${name}-nobody-at-${what}`, { ...inputs, ...answer });
  if (internalClients) rule("KUBE-SERVICES", address, toAddress(portal, address));
  if (!externalClients) return;
  for (const each of external) rule("KUBE-EXTERNAL-SERVICES", each, toAddress(portal, each));
  if (port.nodePort !== undefined)
    rule("KUBE-EXTERNAL-SERVICES", "node-port", {
      ...{ addressType: { destination: "LOCAL" }, protocol: port.protocol, destinationPorts: port.nodePort },
    });
}
