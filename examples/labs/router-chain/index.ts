import { Netns, Probe, Route, Sysctl, VethPair } from "pulumi-localnet";

// The nodes of the line, from the client to the server.
const cl = new Netns("cl");
const r1 = new Netns("r1");
const r2 = new Netns("r2");
const r3 = new Netns("r3");
const sv = new Netns("sv");

// A veth pair between each two, with its own network.
const first = new VethPair("p0-cl", {
  netns: cl,
  addresses: ["192.168.10.10/24"],
  peer: { name: "p0-r1", netns: r1, addresses: ["192.168.10.20/24"] },
});
const second = new VethPair("p1-r1", {
  netns: r1,
  addresses: ["192.168.20.10/24"],
  peer: { name: "p0-r2", netns: r2, addresses: ["192.168.20.20/24"] },
});
const third = new VethPair("p1-r2", {
  netns: r2,
  addresses: ["192.168.30.10/24"],
  peer: { name: "p0-r3", netns: r3, addresses: ["192.168.30.20/24"] },
});
const last = new VethPair("p1-r3", {
  netns: r3,
  addresses: ["192.168.40.10/24"],
  peer: { name: "p0-sv", netns: sv, addresses: ["192.168.40.20/24"] },
});

const forwarding = Object.entries({ r1, r2, r3 }).map(
  ([name, netns]) => new Sysctl(`forwarding-${name}`, { netns, key: "net.ipv4.ip_forward", value: 1 }),
);

// Each route leads one link further: to the server's network, and back to the client's. A link as `via` means its other end.
const there = "192.168.40.0/24";
const back = "192.168.10.0/24";
const routes = [
  new Route("cl-there", { netns: cl, destination: there, via: first }),
  new Route("r1-there", { netns: r1, destination: there, via: second }),
  new Route("r2-there", { netns: r2, destination: there, via: third }),
  new Route("r2-back", { netns: r2, destination: back, via: second }),
  new Route("r3-back", { netns: r3, destination: back, via: third }),
  new Route("sv-back", { netns: sv, destination: back, via: last }),
];

/** A ping of the server is answered over all three routers. The client has no route to a network in between. */
const whole = new Probe(
  "client-to-server",
  { netns: cl, ping: { address: last }, triggers: [first, second, third, last].map(({ ifindex }) => ifindex) },
  { dependsOn: [...routes, ...forwarding] },
);
const between = new Probe(
  "client-to-the-middle",
  { netns: cl, ping: { address: third }, expect: "failure", attempts: 1 },
  { dependsOn: whole },
);

export const answered = whole.results.ok;
export const unknown = between.results.failures;
