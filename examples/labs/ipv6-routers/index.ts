import { Netns, Probe, Route, Sysctl, VethPair } from "pulumi-localnet";

const PC1 = new Netns("PC1");
const R1 = new Netns("R1");
const R2 = new Netns("R2");
const R3 = new Netns("R3");
const PC2 = new Netns("PC2");

/** A veth pair with network fd00::NUMBER:0/112. The left end has address 1, the right end 2. */
function connect(left: Netns, from: string, right: Netns, to: string, number: number): VethPair {
  const end = (netns: Netns, last: number) => ({
    ...{ netns, addresses: [`fd00::${number}:${last}/112`] },
    offloads: { tx: false },
  });
  return new VethPair(from, { ...end(left, 1), peer: { name: to, ...end(right, 2) } });
}
const first = connect(R1, "r1pc1", PC1, "pc1r1", 1);
const second = connect(R1, "r1r2", R2, "r2r1", 2);
const third = connect(R2, "r2r3", R3, "r3r2", 3);
const last = connect(R3, "r3pc2", PC2, "pc2r3", 4);

const routes = [
  new Route("pc1-out", { netns: PC1, destination: "::/0", via: first }),
  new Route("pc2-out", { netns: PC2, destination: "::/0", via: last }),
  new Route("r1-right", { netns: R1, destination: "::/0", via: second }),
  new Route("r3-left", { netns: R3, destination: "::/0", via: third }),
  new Route("r2-left", { netns: R2, destination: "fd00::1:0/112", via: second }),
  new Route("r2-right", { netns: R2, destination: "fd00::4:0/112", via: third }),
  new Route("r2-refuses", { netns: R2, destination: "fd00:bad::/32", type: "prohibit" }),
];
const forwarding = Object.entries({ R1, R2, R3 }).map(
  ([name, netns]) => new Sysctl(`${name}-forwards`, { netns, key: "net.ipv6.conf.all.forwarding", value: 1 }),
);
const all = { dependsOn: [...routes, ...forwarding] };

const whole = new Probe("from-end-to-end", { netns: PC1, ping: { address: last } }, all);
const refused = new Probe(
  "refused",
  { netns: PC1, ping: { address: "fd00:bad::1" }, expect: "failure", attempts: 1 },
  { dependsOn: whole },
);

export const answered = whole.results.ok;
export const failures = refused.results.failures;
