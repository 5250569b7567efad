import { check, type Values } from "../../../provider/src/core/check";
import { serviceTable as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { dns, expectedWays, two, ways, withEndpoints } from "../support/service-table";

for (const mode of ["iptables", "nftables"] as const) {
  const isNft = mode === "nftables";
  contract(`in mode ${mode}`, (world) => {
    const netns = world.netns("a");
    const run = (...argv: string[]) => world.runIn(netns, ...argv);
    return {
      kind,
      marked: false,
      local: isNft,
      inputs: { netns, mode, services: [two] },
      actual: () => ways(world, netns),
      expected: expectedWays,
      updates: [
        { what: "another endpoint", change: { services: [withEndpoints("10.0.0.2", "10.0.0.3", "10.0.0.4")] } },
        { what: "another service, of both IP versions", change: { services: [two, dns] } },
        {
          what: "affinity and a node port",
          change: {
            services: [
              {
                ...two,
                sessionAffinity: { timeoutSeconds: 60 },
                ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
              },
              dns,
            ],
          },
        },
        { what: "affinity of other seconds", change: { services: [dns, { ...two, sessionAffinity: {} }] } },
        { what: "who is masqueraded", change: { podCidr: ["10.0.0.0/24", "fd00::/64"] } },
        { what: "everybody is masqueraded", change: { masqueradeAll: true } },
        ...(isNft
          ? [
              { what: "addresses of the node", change: { nodeAddresses: ["192.0.2.1"] } },
              { what: "the network of cluster addresses", change: { serviceCidr: ["10.96.0.0/16"] } },
            ]
          : []),
        {
          what: "one IP version",
          change: { families: ["ipv4"], podCidr: ["10.0.0.0/24"], services: [two, withoutSix(dns)] },
        },
        {
          what: "the other mode",
          change: { mode: isNft ? "iptables" : "nftables", nodeAddresses: [], serviceCidr: [] },
        },
        {
          what: "the first mode and both IP versions",
          change: { mode, families: ["ipv4", "ipv6"], services: [two, dns] },
        },
      ],
      replaces: { netns: "other" },
      drifts: isNft
        ? [
            {
              what: "an element that is gone",
              input: "services",
              by: () => run("nft", "delete", "element", "ip", "kube-proxy", "service-ips", "{ 10.96.0.2 . udp . 53 }"),
            },
            {
              what: "a rule in a chain of the node that is gone",
              input: "families",
              by: () => run("nft", "flush", "chain", "ip6", "kube-proxy", "masquerading"),
            },
          ]
        : [
            {
              what: "a rule that is gone",
              input: "services",
              by: async () => {
                const rule = /^-A (KUBE-SERVICES -d 10\.96\.0\.2.*)$/m.exec(
                  await run("iptables-save", "-t", "nat"),
                )?.[1];
                await run("sh", "-c", `iptables -w -t nat -D ${rule}`);
              },
            },
            {
              what: "rules of the node that are gone",
              input: "families",
              by: () => run("ip6tables", "-w", "-t", "nat", "-F", "KUBE-POSTROUTING"),
            },
          ],
      ignores: isNft
        ? [{ what: "another table", by: () => run("nft", "add", "table", "inet", "another") }]
        : [
            {
              what: "a rule of another's in a chain of the kernel",
              by: () => run("iptables", "-w", "-A", "INPUT", "-j", "ACCEPT"),
            },
            { what: "another chain", by: () => run("iptables", "-w", "-t", "nat", "-N", "ANOTHER") },
          ],
      vanish: () => run("nft", "flush", "ruleset"),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: { none: "it is made of many objects, and what others have made of them is not taken over" },
      faults: {
        tool: isNft ? "nft" : "iptables",
        update: { what: "another service", change: { services: [withEndpoints("10.0.0.4"), dns] } },
        obstacle: isNft
          ? {
              what: "a chain of another's in the table",
              op: "delete",
              make: () => run("nft", "add", "chain", "ip", "kube-proxy", "others"),
              message: () => /LN_BUSY/,
              clear: () => run("nft", "delete", "chain", "ip", "kube-proxy", "others"),
            }
          : {
              what: "a rule of another's in a chain of the node",
              op: "delete",
              make: () => run("iptables", "-w", "-t", "nat", "-A", "KUBE-SERVICES", "-p", "tcp", "-j", "RETURN"),
              message: () => /LN_BUSY/,
              clear: () => run("iptables", "-w", "-t", "nat", "-D", "KUBE-SERVICES", "-p", "tcp", "-j", "RETURN"),
            },
        impossible: { "no kernel module": "the commands say so like any failure" },
      },
    };
  });
}

function withoutSix({ addresses, endpoints, ...others }: typeof dns) {
  return { ...others, addresses: [addresses[0]], endpoints: [endpoints[0]] };
}

test.each<[string, string, Values]>([
  ["mode", "must be iptables, ipvs or nftables", { mode: "userspace" }],
  ["scheduler", "is only for mode ipvs", { scheduler: "wrr" }],
  ["scheduler", "must be one of rr, wrr", { mode: "ipvs", scheduler: "fastest" }],
  [
    "services.0.ports.0.nodePort",
    "needs nodeAddresses in mode ipvs",
    { mode: "ipvs", services: [{ ...two, ports: [{ port: 80, nodePort: 30080 }] }] },
  ],
  ["services.1.ports.0.port", "must be free: tcp 80 of 10.96.0.1", { services: [two, { ...two, name: "other" }] }],
  ["services.1.name", "must not be that of another service", { services: [two, { ...two, addresses: ["10.96.0.9"] }] }],
  [
    "services.0.addresses",
    "at most one of an IP version",
    { services: [{ ...two, addresses: ["10.96.0.1", "10.96.0.2"] }] },
  ],
  ["services.0.endpoints.0", "no loopback", { services: [withEndpoints("127.0.0.1")] }],
  ["services.0.endpoints.0", "must be of an IP version", { services: [withEndpoints("fd00::1")] }],
  ["services.0.drift", "must not be given", { services: [{ ...two, drift: "x" }] }],
  ["services.0.ports.0.nodePort", "30000 to 32767", { services: [{ ...two, ports: [{ port: 80, nodePort: 80 }] }] }],
  [
    "services.0.sessionAffinity.timeoutSeconds",
    "1 to 86400",
    { services: [{ ...two, sessionAffinity: { timeoutSeconds: 0 } }] },
  ],
  ["serviceCidr", "is only for mode nftables", { serviceCidr: ["10.96.0.0/16"] }],
  ["nodeAddresses", "is not for mode iptables", { nodeAddresses: ["192.0.2.1"] }],
  ["podCidr", "at most one of an IP version", { podCidr: ["10.0.0.0/24", "10.0.1.0/24"] }],
  ["families", "must not be empty", { families: [] }],
])("%s is refused: %s", (property, rule, values) => {
  expect(check(kind, { owner: "p/s/n", ...values }).failures).toMatchObject([
    { property: expect.stringContaining(property), reason: expect.stringContaining(rule) },
  ]);
});

everyInput(kind, ["scheduler"]);
everyDrift(kind, {
  scheduler: "it is for mode ipvs, which has cases of its own",
  mode: "what is made in the other mode is not looked at",
  nodeAddresses: "what is made of it shows in families",
  podCidr: "what is made of it shows in services",
  serviceCidr: "what is made of it shows in families",
  masqueradeAll: "what is made of it shows in services",
});
