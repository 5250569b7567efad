import { Address, IptablesRule, Netns, NftTable, Probe, Route, Sysctl, VethPair } from "pulumi-localnet";

const near = new Netns("near");
const far = new Netns("far");

const there = new VethPair("there", {
  netns: near,
  addresses: ["10.30.1.1/24"],
  peer: { name: "there", netns: far, addresses: ["10.30.1.2/24"] },
});
const back = new VethPair("back", {
  netns: near,
  addresses: ["10.30.2.1/24"],
  peer: { name: "back", netns: far, addresses: ["10.30.2.2/24"] },
});

// The kernel's own check, in its loose mode: some link must lead back.
const loose = Object.entries({ near, far }).map(
  ([name, netns]) => new Sysctl(`loose-${name}`, { netns, key: "net.ipv4.conf.all.rp_filter", value: 2 }),
);

const guards = [
  new IptablesRule("counted", { netns: far, table: "raw", chain: "PREROUTING", source: "10.30.0.0/16", rpfilter: {} }),
  new IptablesRule("dropped", {
    ...{ netns: far, table: "raw", chain: "PREROUTING", destination: "192.0.2.2" },
    ...{ rpfilter: { invert: true }, target: "DROP" },
  }),
  new NftTable("guard", {
    netns: far,
    family: "ip",
    ruleset: `
      chain incoming {
        type filter hook prerouting priority raw;
        ip daddr 192.0.2.3 fib saddr . iif oif missing counter drop
      }`,
  }),
];

const reach = (name: string, address: string, expect: "success" | "failure") => {
  const parts = [
    new Address(`${name}-lo`, { netns: far, device: "lo", address: `${address}/32` }),
    new Route(
      `to-${name}`,
      { netns: near, destination: address, via: there, source: "10.30.2.1" },
      { dependsOn: back },
    ),
  ];
  const attempts = expect === "failure" ? { attempts: 1, timeoutSeconds: 1 } : {};
  return new Probe(
    name,
    { netns: near, ping: { address }, expect, ...attempts },
    { dependsOn: [...parts, ...guards, ...loose] },
  ).results;
};

export const seen = [
  reach("unguarded", "192.0.2.1", "success").ok,
  reach("by-iptables", "192.0.2.2", "failure").failures,
  reach("by-nft", "192.0.2.3", "failure").failures,
];
