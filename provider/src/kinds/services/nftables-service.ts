import { addressAndPort, nftName } from "./names";
import { block, ipOf } from "./nftables-text";
import type { Endpoint } from "./node";
import type { Family } from "./plan";
import { type Portal, type Spread, spreadOf } from "./portals";

/** What services have in the sets and maps of their node. */
export type Elements = Map<string, string[]>;

/** An endpoint, the chain that leads to it, and the set of clients that stay with it. */
interface Target {
  readonly endpoint: Endpoint;
  readonly chain: string;
  readonly clients: string;
}

/** One port of a service: its sets and chains. What leads to them it adds to the elements of the node's maps. */
export function servicePortBlocks(portal: Portal, family: Family, elements: Elements): string[] {
  const { service, port } = portal;
  const spread = spreadOf(portal);
  const portName = nftName(`${service.name}/${port.protocol}/${port.name ?? ""}`);
  const targets = spread.used.map((endpoint) => targetOf(portal, endpoint));
  const balanced = (chain: string, over: readonly Target[], isInternal: boolean) =>
    block(`chain ${chain}-${portName}`, balancing(portal, family, over, isInternal));
  lead(portal, spread, portName, elements);
  return [
    ...(service.sessionAffinity ? targets.map((each) => clientSet(portal, family, each)) : []),
    ...targets.map((each) => block(`chain ${each.chain}`, translating(portal, family, each))),
    ...(spread.all ? [balanced("service", targets, spread.internal === "all")] : []),
    ...(spread.local
      ? [
          balanced(
            "local",
            targets.filter(({ endpoint }) => endpoint.local),
            spread.internal === "local",
          ),
        ]
      : []),
    ...(spread.outer ? [block(`chain external-${portName}`, fromOutside(portal, spread, family, portName))] : []),
  ];
}

function targetOf({ service, port }: Portal, endpoint: Endpoint): Target {
  const place = `${endpoint.address.replaceAll(":", ".")}/${port.targetPort}`;
  const portName = nftName(`${service.name}/${port.protocol}/${port.name ?? ""}__${place}`);
  return { endpoint, chain: `endpoint-${portName}`, clients: `affinity-${portName}` };
}

function clientSet({ service }: Portal, family: Family, { clients }: Target): string {
  return block(`set ${clients}`, [
    ...[`type ${family}_addr`, "size 65535", "flags dynamic,timeout"],
    `timeout ${duration(service.sessionAffinity?.timeoutSeconds ?? 0)}`,
  ]);
}

/** It translates the destination, and an endpoint that calls itself is masqueraded. */
function translating({ service, port }: Portal, family: Family, { endpoint, clients }: Target): string[] {
  const source = `${ipOf(family)} saddr`;
  return [
    `${source} ${endpoint.address} jump mark-for-masquerade`,
    ...(service.sessionAffinity ? [`update @${clients} { ${source} }`] : []),
    `meta l4proto ${port.protocol} dnat to ${addressAndPort(endpoint.address, port.targetPort)}`,
  ];
}

/** Who was lately sent to an endpoint gets it again; the others draw lots. */
function balancing(portal: Portal, family: Family, targets: readonly Target[], isInternal: boolean): string[] {
  const { service, address, podCidr, masqueradeAll } = portal;
  const ip = ipOf(family);
  const from = masqueradeAll ? "" : ` ${ip} saddr != ${podCidr}`;
  const lots = targets.map(({ chain }, index) => `${index} : goto ${chain}`).join(", ");
  return [
    ...(isInternal && (masqueradeAll || podCidr !== undefined)
      ? [`${ip} daddr ${address}${from} jump mark-for-masquerade`]
      : []),
    ...(service.sessionAffinity ? targets.map((each) => `${ip} saddr @${each.clients} goto ${each.chain}`) : []),
    `numgen random mod ${targets.length} vmap { ${lots} }`,
  ];
}

/** With policy Local only who is on this node gets any endpoint. */
function fromOutside({ podCidr }: Portal, { isLocal, local }: Spread, family: Family, portName: string): string[] {
  const all = `goto service-${portName}`;
  if (!isLocal) return ["jump mark-for-masquerade", all];
  return [
    ...(podCidr ? [`${ipOf(family)} saddr ${podCidr} ${all} comment "short-circuit pod traffic"`] : []),
    'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
    `fib saddr type local ${all} comment "short-circuit local traffic"`,
    ...(local ? [`goto local-${portName}`] : []),
  ];
}

/** Elements of the maps: which chain a packet goes to, and what tells a client that nobody is there. */
function lead(portal: Portal, { internal, outer, nobody }: Spread, portName: string, elements: Elements): void {
  const { service, port, address, external, endpoints } = portal;
  const add = (name: string, ...more: string[]) => elements.set(name, [...(elements.get(name) ?? []), ...more]);
  const key = (each: string) => `${each} . ${port.protocol} . ${port.port}`;
  const nodePorts = port.nodePort === undefined ? [] : [`${port.protocol} . ${port.nodePort}`];
  if (!elements.get("cluster-ips")?.includes(address)) add("cluster-ips", address);
  if (internal) add("service-ips", `${key(address)} : goto ${internal === "all" ? "service" : "local"}-${portName}`);
  if (outer) {
    add("service-ips", ...external.map((each) => `${key(each)} : goto external-${portName}`));
    add("service-nodeports", ...nodePorts.map((each) => `${each} : goto external-${portName}`));
  }
  const name = port.name === undefined ? service.name : `${service.name}:${port.name}`;
  const answer = `comment "${name}" : ${endpoints.length > 0 ? "drop" : "goto reject-chain"}`;
  if (nobody.internalClients) add("no-endpoint-services", `${key(address)} ${answer}`);
  if (!nobody.externalClients) return;
  add("no-endpoint-services", ...external.map((each) => `${key(each)} ${answer}`));
  add("no-endpoint-nodeports", ...nodePorts.map((each) => `${each} ${answer}`));
}

/** As nft prints it: 5400 seconds are 1h30m. */
function duration(seconds: number): string {
  const parts = { d: seconds / 86400, h: (seconds / 3600) % 24, m: (seconds / 60) % 60, s: seconds % 60 };
  return Object.entries(parts)
    .map(([unit, value]) => (Math.floor(value) > 0 ? `${Math.floor(value)}${unit}` : ""))
    .join("");
}
