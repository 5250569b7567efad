import { Netns, PolicyRule, Probe, Route, Sysctl, VethPair, Vrf } from "pulumi-localnet";

const r1 = new Netns("r1");
const forwards = [
  new Sysctl("forwards", { netns: r1, key: "net.ipv4.ip_forward", value: 1 }),
  new Sysctl("forwards6", { netns: r1, key: "net.ipv6.conf.all.forwarding", value: 1 }),
];
// The router's own addresses are looked up after those of the routing domains.
const local = (["ipv4", "ipv6"] as const).map(
  (family) => new PolicyRule(`local-${family}`, { netns: r1, family, priority: 32765, table: 255 }),
);

function addDomain(name: string, table: number) {
  const vrf = new Vrf(name, { netns: r1, table, addresses: ["127.0.0.1/8", "::1/128"] });
  const ends = ["default", "::/0"].map(
    (destination) =>
      new Route(
        `${name}-end-${destination}`,
        { netns: r1, destination, type: "unreachable", metric: 8192, table },
        { dependsOn: vrf },
      ),
  );
  return { vrf, table, ends };
}
const blue = addDomain("blue", 1101);
const red = addDomain("red", 1102);

/** A host and its network, in one of the router's domains. */
function addHost(number: number, { vrf }: typeof blue, link: string, mtu: number) {
  const netns = new Netns(`h${number}`);
  const cable = new VethPair(`h${number}-cable`, {
    ...{ name: "eth0", netns, mtu },
    addresses: [`172.16.${number}.${number}/24`, `2001:db8:16:${number}::${number}/64`],
    peer: {
      ...{ name: link, netns: r1, master: vrf, mtu },
      addresses: [`172.16.${number}.253/24`, `2001:db8:16:${number}::253/64`],
    },
  });
  const out = ["default", "::/0"].map(
    (destination) => new Route(`h${number}-out-${destination}`, { netns, destination, via: cable }),
  );
  return { netns, cable, out };
}
const h1 = addHost(1, blue, "eth0", 1500);
const h2 = addHost(2, red, "eth1", 1400);

/** A route that leads from one domain into the other. */
const leaks = [
  new Route("to-red", { netns: r1, destination: "172.16.2.0/24", device: red.vrf, table: blue.table }),
  new Route("to-blue", { netns: r1, destination: "172.16.1.0/24", device: blue.vrf, table: red.table }),
];
const all = {
  dependsOn: [...forwards, ...local, ...blue.ends, ...red.ends, ...h1.out, ...h2.out, ...leaks],
};
const once = { netns: h1.netns, expect: "failure", attempts: 1 } as const;

const passes = new Probe("h1-to-h2", { netns: h1.netns, ping: { address: "172.16.2.2" } }, all);
const tooLarge = new Probe(
  "too-large",
  { ...once, ping: { address: "172.16.2.2", size: 1450, dontFragment: true } },
  all,
);
/** A ping that the router answers with its address in the client's domain. */
const hop = new Probe(
  "hop",
  {
    netns: h1.netns,
    exec: ["sh", "-c", "ping -n -c 1 -t 1 172.16.2.2 || true"],
    expectOutput: "From 172.16.1.253 icmp_seq=1 Time to live exceeded",
  },
  all,
);
const notLeaked = new Probe("ipv6", { ...once, ping: { address: "2001:db8:16:2::2" } }, all);

export const seen = [passes.results.ok, tooLarge.results.failures, hop.results.ok, notLeaked.results.failures];
