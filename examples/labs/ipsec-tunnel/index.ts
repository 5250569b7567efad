import { Address, Netns, Probe, Route, Tunnel, VethPair, XfrmPolicy, XfrmState } from "pulumi-localnet";

const first = { number: 1, netns: new Netns("ns1") };
const second = { number: 2, netns: new Netns("ns2") };
const ends = [[first, second] as const, [second, first] as const];
/** For each direction the number in the packets (SPI), and the key. */
const ways = [
  { from: first, to: second, spi: 257, key: "0x9876543210987654321098765432109876543210" },
  { from: second, to: first, spi: 256, key: "0x0123456789012345678901234567890123456789" },
];

// The link receives all encrypted packets of its other end, so it has its own addresses.
const outer = { policy: (number: number) => `192.168.1.${number}`, link: (number: number) => `192.168.2.${number}` };
const addresses = (number: number) => Object.values(outer).map((of) => `${of(number)}/30`);
const cable = new VethPair("cable", {
  ...{ name: "veth1", netns: first.netns, addresses: addresses(1) },
  peer: { name: "veth2", netns: second.netns, addresses: addresses(2) },
});

/** The states and policies at one end, for both directions between two addresses. */
function secure(
  name: "policy" | "link",
  end: typeof first,
  packets: (from: number, to: number) => { source?: string; destination?: string; mark?: string },
) {
  return ways.flatMap(({ from, to, spi, key }) => {
    const { netns, number } = end;
    const [source, destination] = [outer[name](from.number), outer[name](to.number)];
    const aead = { algorithm: "rfc4106(gcm(aes))", key } as const;
    const direction = from === end ? "out" : "in";
    const selected = packets(from.number, to.number);
    const templates = [{ source, destination, mode: "tunnel", spi }] as const;
    return [
      new XfrmState(`${name}-${spi}-${number}`, { netns, source, destination, spi, mode: "tunnel", aead }),
      new XfrmPolicy(`${name}-${direction}-${number}`, { netns, direction, ...selected, templates: [...templates] }),
    ];
  });
}

const parts = ends.flatMap(([end, other]) => {
  const { netns, number } = end;
  const vti = new Tunnel(
    `vti${number}`,
    { netns, type: "vti", key: 1, local: outer.link(number), remote: outer.link(other.number) },
    { dependsOn: cable },
  );
  const networks = [16, 17, 18].flatMap((network) => {
    const source = `172.${network}.${number}.1`;
    const address = new Address(`own-${network}-${number}`, { netns, device: "lo", address: `${source}/24` });
    const destination = `172.${network}.${other.number}.0/24`;
    const way = { netns, destination, device: network === 17 ? vti : `veth${number}`, source };
    return [new Route(`way-${network}-${number}`, way, { dependsOn: [address, cable] })];
  });
  return [
    ...secure("policy", end, (from, to) => ({ source: `172.16.${from}.0/24`, destination: `172.16.${to}.0/24` })),
    // Packets that routes send through the link get its mark.
    ...secure("link", end, () => ({ mark: "1" })),
    ...networks,
  ];
});
// Unencrypted packets from there are refused.
const strict = new XfrmPolicy("strict", {
  ...{ netns: second.netns, direction: "in", source: "172.18.1.0/24", destination: "172.18.2.0/24" },
  templates: [{ source: outer.policy(1), destination: outer.policy(2), mode: "tunnel" }],
});
const all = { dependsOn: [...parts, strict] };

const ping = (name: string, { netns }: typeof first, address: string) =>
  new Probe(name, { netns, ping: { address } }, all);
const pings = [
  ping("by-policy", first, "172.16.2.1"),
  ping("by-policy-back", second, "172.16.1.1"),
  ping("by-link", first, "172.17.2.1"),
];
const clear = new Probe(
  "in-the-clear",
  { netns: first.netns, ping: { address: "172.18.2.1" }, expect: "failure", timeoutSeconds: 1 },
  all,
);
// A state has the time of its first use.
const used = Object.values(outer).map(
  (of) =>
    new Probe(
      `encrypted-to-${of(2)}`,
      {
        netns: first.netns,
        exec: ["ip", "-s", "xfrm", "state", "list", "nokeys", "dst", of(2)],
        expectOutput: " use 20",
      },
      { dependsOn: pings },
    ),
);

export const seen = [...pings, ...used].map((probe) => probe.results.ok);
export const refused = clear.results.failed;
