import { addressAndPort } from "./names";
import { type Endpoint, isOfFamily, type Node } from "./node";
import type { Tables } from "./plan";
import type { Portal } from "./portals";

/** The virtual servers of a port, and the endpoints behind each. */
export function virtualServers(tables: Tables, node: Node, portal: Portal, after: readonly string[]): void {
  const { service, port, address, external, endpoints } = portal;
  const local = endpoints.filter((each) => each.local);
  const internalServers = service.internalTrafficPolicy === "Local" ? local : endpoints;
  // Without an endpoint here, kube-proxy sends to those elsewhere in this mode.
  const outside = service.externalTrafficPolicy === "Local" && local.length > 0 ? local : endpoints;
  virtualServer(tables, node, portal, address, port.port, internalServers, after);
  for (const each of external) virtualServer(tables, node, portal, each, port.port, outside, after);
  if (port.nodePort === undefined) return;
  for (const each of node.nodeAddresses.filter(isOfFamily(tables.family)))
    virtualServer(tables, node, portal, each, port.nodePort, outside, after);
}

function virtualServer(
  tables: Tables,
  { scheduler = "rr" }: Node,
  { service, port: { protocol, targetPort }, name }: Portal,
  ...[address, port, endpoints, after]: [string, number, readonly Endpoint[], readonly string[]]
): void {
  const persistence = service.sessionAffinity && { persistenceTimeout: service.sessionAffinity.timeoutSeconds };
  const what = `${name}-at-${address}-${port}`;
  const server = tables.add("IpvsService", what, { protocol, address, port, scheduler, ...persistence }, { after });
  for (const each of endpoints) {
    const backend = {
      service: `${protocol}/${addressAndPort(address, port)}`,
      address: each.address,
      port: targetPort,
    };
    tables.add("IpvsBackend", `${what}-to-${each.address}`, backend, { after: [server], gates: each.dependsOn });
  }
}
