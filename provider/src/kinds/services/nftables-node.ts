import type { Elements } from "./nftables-service";
import { block, ipOf } from "./nftables-text";
import { isOfFamily, type Node } from "./node";
import type { Family } from "./plan";

function elementsLine(elements: readonly string[] = []): string[] {
  return elements.length > 0 ? [`elements = { ${elements.join(", ")} }`] : [];
}

const ofAddress = "inet_proto . inet_service : verdict";

/** By address or only by port, and what kube-proxy says of each. */
const maps: Readonly<Record<string, [byAddress: boolean, comment: string]>> = {
  "no-endpoint-services": [true, "vmap to drop or reject packets to services with no endpoints"],
  "no-endpoint-nodeports": [false, "vmap to drop or reject packets to service nodeports with no endpoints"],
  "firewall-ips": [true, "destinations that are subject to LoadBalancerSourceRanges"],
  "service-ips": [true, "ClusterIP, ExternalIP and LoadBalancer IP traffic"],
  "service-nodeports": [false, "NodePort traffic"],
};

/** The chains that the kernel calls: where, and what they do there. */
const hooks: readonly [name: string, type: string, place: string, rules: readonly string[]][] = [
  ["filter-prerouting-pre-dnat", "filter", "prerouting priority dstnat - 10", ["ct state new jump firewall-check"]],
  ["filter-output-pre-dnat", "filter", "output priority -110", ["ct state new jump firewall-check"]],
  [
    ...(["filter-input", "filter", "input priority filter"] as const),
    ["ct state new jump nodeport-endpoints-check", "ct state new jump service-endpoints-check"],
  ],
  ...(["forward", "output"] as const).map((hook): [string, string, string, string[]] => [
    ...([`filter-${hook}`, "filter", `${hook} priority filter`] as const),
    ["ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"],
  ]),
  ["nat-prerouting", "nat", "prerouting priority dstnat", ["jump services"]],
  ["nat-output", "nat", "output priority -100", ["jump services"]],
  ["nat-postrouting", "nat", "postrouting priority srcnat", ["jump masquerading"]],
];

/** What a node has without any service, with what its services have in its sets and maps. */
export function nodeTable(node: Node, family: Family, elements: Elements): string[] {
  const ip = ipOf(family);
  const type = family === "ipv6" ? "ipv6_addr" : "ipv4_addr";
  const isSame = isOfFamily(family);
  const nodeAddresses = node.nodeAddresses.filter(isSame);
  const set = (name: string, comment: string, of: readonly string[] = []) =>
    block(`set ${name}`, [`type ${type}`, `comment "${comment}"`, ...elementsLine(of)]);
  return [
    'comment "rules for kube-proxy"',
    set("cluster-ips", "Active ClusterIPs", elements.get("cluster-ips")),
    ...(nodeAddresses.length > 0 ? [set("nodeport-ips", "IPs that accept NodePort traffic", nodeAddresses)] : []),
    ...Object.entries(maps).map(([name, [byAddress, comment]]) =>
      block(`map ${name}`, [
        `type ${byAddress ? `${type} . ` : ""}${ofAddress}`,
        ...[`comment "${comment}"`, ...elementsLine(elements.get(name))],
      ]),
    ),
    ...hooks.map(([name, kind, place, rules]) =>
      block(`chain ${name}`, [`type ${kind} hook ${place}; policy accept;`, ...rules]),
    ),
    ...lookups(ip, nodeAddresses.length > 0),
    ...masquerading,
    block("chain cluster-ips-check", [
      `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
      ...node.serviceCidr
        .filter(isSame)
        .map((each) => `${ip} daddr ${each} drop comment "Drop traffic to unallocated ClusterIPs"`),
    ]),
    block("chain reject-chain", ['comment "helper for @no-endpoint-services / @no-endpoint-nodeports"', "reject"]),
  ];
}

/** What a packet is for decides where it goes: one look into a map, however many services there are. */
function lookups(ip: "ip" | "ip6", hasNodeAddresses: boolean): string[] {
  const loopback = ip === "ip6" ? "::1" : "127.0.0.0/8";
  const incoming = hasNodeAddresses ? `${ip} daddr @nodeport-ips` : `${ip} daddr != ${loopback}`;
  const ofNode = hasNodeAddresses ? incoming : `fib daddr type local ${incoming}`;
  const service = `${ip} daddr . meta l4proto . th dport vmap`;
  const nodePort = "meta l4proto . th dport vmap";
  return [
    // From INPUT only, where all is for the node.
    block("chain nodeport-endpoints-check", [`${incoming} ${nodePort} @no-endpoint-nodeports`]),
    block("chain service-endpoints-check", [`${service} @no-endpoint-services`]),
    block("chain firewall-check", [`${service} @firewall-ips`]),
    block("chain services", [`${service} @service-ips`, `${ofNode} ${nodePort} @service-nodeports`]),
  ];
}

/** The mark stands for: who sent this is to be masqueraded. It goes before, for the packet may pass again in a tunnel. */
const masquerading = [
  block("chain masquerading", [
    "meta mark & 0x00004000 == 0x00000000 return",
    "meta mark set meta mark ^ 0x00004000",
    "masquerade fully-random",
  ]),
  block("chain mark-for-masquerade", ["meta mark set meta mark | 0x00004000"]),
];
