import { readFileSync } from "node:fs";
import { join } from "node:path";
import { macOf, parseFdb } from "../../provider/src/cli/trace/bridge";
import { commandOf, flowTo, marksOf } from "../../provider/src/cli/trace/flow";
import { parseRoute } from "../../provider/src/cli/trace/route";
import { exitsOf, type NamespaceTrace, type Visit, waysOf } from "../../provider/src/cli/trace/way";
import { parseEvents } from "../../provider/src/tools/nft-events";
import { marking } from "../../provider/src/tools/nft-trace";

/** The output of nft of one run, by namespace. */
function recorded(name: string): NamespaceTrace[] {
  const text = readFileSync(join(__dirname, "../fixtures/nft-trace", `${name}.txt`), "utf8");
  const parts = text.split(/^== /m).slice(1);
  return parts.map((part) => ({ netns: part.slice(0, part.indexOf("\n")), events: parseEvents(part) }));
}

const peers: Record<string, [string, string]> = {
  "pod eth0": ["router", "r0"],
  "router r0": ["pod", "eth0"],
  "router r1": ["far", "eth0"],
  "far eth0": ["router", "r1"],
};
const peerOf = ({ netns, link }: { netns: string | undefined; link: string }) => {
  const [there, name] = peers[`${netns} ${link}`] ?? [];
  return name === undefined ? undefined : { netns: there, link: name };
};

const shown = (visits: readonly Visit[]) =>
  visits.map(({ netns, steps }) =>
    [netns, ...steps.map((step) => `${step.what}${"link" in step ? ` ${step.link}` : ""}`)].join(", "),
  );

test("the way of a ping there and back is put together from the events of four links, with the rule that accepted it", () => {
  const { there, back } = waysOf(
    recorded("ping"),
    { ...flowTo(["ping", "10.66.1.2"]), key: 65344 },
    { netns: "pod" },
    peerOf,
  );
  expect(shown(there)).toEqual(["pod, start eth0, out eth0", "router, in r0, in br0, rule, out r1", "far, in eth0"]);
  expect(shown(back)).toEqual(["far, start eth0, out eth0", "router, in r1, out br0, out r0", "pod, in eth0"]);
  expect(there[1]?.steps[2]).toMatchObject({
    chain: { family: "ip", table: "filter", chain: "FORWARD" },
    ...{ handle: 2, verdict: "accept" },
  });
});

test("without peers it is put together from the packets", () => {
  const { there } = waysOf(
    recorded("ping"),
    { ...flowTo(["ping", "10.66.1.2"]), key: 65344 },
    { netns: "pod" },
    () => undefined,
  );
  expect(shown(there)).toHaveLength(3);
});

test("with IPv6, where nft prints only bytes, addresses and flags are read too", () => {
  const events = recorded("tcp6-refused");
  const { there, back } = waysOf(
    events,
    { ...flowTo(["tcp://[fd00:66::1]:8080"]), key: 64086 },
    { netns: "pod" },
    peerOf,
  );
  expect(shown(there)).toEqual(["pod, start eth0, out eth0", "router, in r0, in br0"]);
  expect(shown(back)).toEqual(["router, start br0, out br0, out r0", "pod, in eth0"]);
  expect(back[0]?.steps[1]).toMatchObject({
    packet: {
      ...{ source: "fd00:66::1", destination: "fd00:66::2", protocol: "tcp", sourcePort: 8080, ttl: 64 },
      ...{ isReset: true, isAck: true, isSyn: false },
    },
  });
  expect(exitsOf(events)).toContainEqual({ netns: "router", link: "r0" });
});

test("with Linux 6.1, links, rules and rewrites of IPVS are read too", () => {
  const events = recorded("ipvs-6.1").find(({ netns }) => netns === "host")?.events ?? [];
  const steps = events.map((event) => {
    if (!("packet" in event)) return `${event.what} ${event.verdict}`;
    return `${"link" in event ? `${event.what} ${event.link}` : event.chain.chain} ${event.packet.destination}`;
  });
  expect(steps.slice(0, 7)).toEqual([
    ...["in veth_foo 172.23.0.1", "in cni0 172.23.0.1", "start cni0 172.22.0.2", "POSTROUTING 172.22.0.2"],
    ...["rule accept", "out cni0 172.22.0.2", "out veth_foo 172.22.0.2"],
  ]);
});

test("with Linux 6.12, which shows no packet where it goes out, it is as it was at the hook before", () => {
  const packet = (from: string) =>
    `ip saddr ${from} ip daddr 10.0.0.2 ip ttl 64 tcp sport 61000 tcp dport 80 tcp flags == syn`;
  const lines = [
    `netdev localnet-trace in0 packet: iif "a0" ${packet("10.0.0.1")}`,
    `inet localnet-trace last packet: oif "b0" ${packet("10.0.0.9")}`,
    'netdev localnet-trace out0 packet: oif "b0" ',
  ];
  const events = parseEvents(lines.map((each) => `trace id 7bc12185 ${each}`).join("\n"));
  expect(events).toMatchObject([
    { what: "in", link: "a0", packet: { source: "10.0.0.1" } },
    { what: "out", link: "b0", packet: { source: "10.0.0.9", destinationPort: 80, isSyn: true } },
  ]);
});

test.each([
  ["http://10.0.0.1/x?y", { protocol: "tcp", address: "10.0.0.1", port: 80 }],
  ["https://[fd00::1]", { protocol: "tcp", address: "fd00::1", port: 443 }],
  ["udp://10.0.0.1:53", { protocol: "udp", address: "10.0.0.1", port: 53 }],
])("the flow %s is parsed", (text, flow) => {
  expect(flowTo([text])).toMatchObject(flow);
});

test("its packets are recognized by a port that Linux never assigns itself, and not by text of the user", () => {
  const flow = flowTo(["tcp://10.0.0.1:80"]);
  expect(flow.key).toBeGreaterThan(60999);
  expect(flow.key).toBeLessThan(65536);
  expect(marksOf(flow)).toEqual({
    writes: `tcp sport ${flow.key} ip id set ${flow.stamp}`,
    stamped: `ip id ${flow.stamp} tcp flags & (syn | ack) == syn`,
    ...{ field: "tcp sport", keys: ["tcp sport", "tcp dport"] },
    matches: [`icmp type { destination-unreachable, time-exceeded } @th,96,16 ${flow.stamp}`],
  });
  expect(commandOf(flow)).toEqual(["nc", "-n", "-z", "-v", "-w", "2", "-p", String(flow.key), "10.0.0.1", "80"]);
});

const marks = marksOf(flowTo(["tcp://10.0.0.1:80"]));

test("nft owns the tables, which disappear with it; many links are split over several chains", () => {
  const text = marking(
    Array.from({ length: 300 }, (_, i) => `veth${i}`),
    marks,
  );
  expect(text.match(/^add table .* flags owner;/gm)).toHaveLength(2);
  expect(text.match(/hook ingress/g)).toHaveLength(2);
  for (const link of ["veth0", "veth199", "veth200", "veth299"]) expect(text).toContain(`"${link}"`);
});

test("the names of links are quoted for nft", () => {
  const text = marking(["eth0", 'a"};}}x', "b'};"], marks);
  expect(text).toContain(`devices = { "eth0", "b'};" }`);
  expect(text).not.toContain("}}x");
});

test.each([
  ["local 10.0.0.1 dev lo src 10.0.0.1 uid 0 \n    cache <local> \n", "", { kind: "local" }],
  [
    "10.0.1.2 from 10.0.0.2 via 10.0.9.1 dev eth1 \n    cache iif eth0 \n",
    "",
    { kind: "forward", link: "eth1", via: "10.0.9.1" },
  ],
  ["", "RTNETLINK answers: Network is unreachable\n", { kind: "failed", error: "Network is unreachable" }],
])("a route is parsed: %j %j", (stdout, stderr, routed) => {
  expect(parseRoute(stdout, stderr)).toEqual(routed);
});

test("addresses that a bridge has learnt are told apart from those of its ports", () => {
  const text = "02:00:00:00:00:01 dev p0 vlan 1 master br0 permanent\n02:00:00:00:00:02 dev p0 master br0 \n";
  expect(parseFdb(text)).toEqual([
    { mac: "02:00:00:00:00:01", port: "p0", isPermanent: true },
    { mac: "02:00:00:00:00:02", port: "p0", isPermanent: false },
  ]);
  expect(macOf("10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n", "10.0.0.2")).toBe("02:00:00:00:00:02");
});
