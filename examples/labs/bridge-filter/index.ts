import { Bridge, IptablesRule, KernelModule, Macvlan, Netns, NftTable, Probe, Sysctl, VethPair } from "pulumi-localnet";

const netns = new Netns("switch");
const brNetfilter = new KernelModule("br_netfilter");
// The setting would apply to all bridges. Here each bridge sets it for itself.
const setting = new Sysctl(
  "by-bridge",
  { netns, key: "net.bridge.bridge-nf-call-iptables", value: 0 },
  { dependsOn: brNetfilter },
);

const options = { netns, stp: false, forwardDelay: 0 };
const filtered = new Bridge("filtered", { ...options, nfCallIptables: true }, { dependsOn: brNetfilter });
const plain = new Bridge("plain", options);

function addHost(name: string, bridge: Bridge, number: number) {
  const namespace = new Netns(name);
  const cable = new VethPair(`to-${name}`, {
    ...{ netns, master: bridge },
    peer: { name: "eth0", netns: namespace, addresses: [`10.40.0.${number}/24`] },
  });
  return { netns: namespace, cable };
}
const a = addHost("a", filtered, 1);
const b = addHost("b", filtered, 2);
const c = addHost("c", plain, 3);
const d = addHost("d", plain, 4);

const macvlan = new Macvlan("macvlan0", {
  ...{ netns, link: filtered, mode: "private", mac: "02:00:00:00:40:09" },
  addresses: ["10.40.0.9/24"],
});
const rules = [
  new IptablesRule("no-ping", { netns, chain: "FORWARD", protocol: "icmp", icmpType: "echo-request", target: "DROP" }),
  new NftTable("one-way", {
    netns,
    family: "bridge",
    ruleset: `
      chain forward {
        type filter hook forward priority 0;
        ip saddr 10.40.0.4 icmp type echo-request counter drop
      }`,
  }),
];
const all = { dependsOn: [...rules, macvlan, setting, ...[a, b, c, d].map(({ cable }) => cable)] };
const fails = { expect: "failure", attempts: 1, timeoutSeconds: 1 } as const;

const forwarded = new Probe("a-to-b", { netns: a.netns, ping: { address: b.cable }, ...fails }, all);
const arrived = new Probe("a-to-switch", { netns: a.netns, ping: { address: macvlan } }, all);
const unfiltered = new Probe("c-to-d", { netns: c.netns, ping: { address: d.cable } }, all);
const oneWay = new Probe("d-to-c", { netns: d.netns, ping: { address: c.cable }, ...fails }, all);

export const seen = [forwarded.results.failures, arrived.results.ok, unfiltered.results.ok, oneWay.results.failures];
