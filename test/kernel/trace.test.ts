import { far, follow, lost, pod, router, server, showState, useRouterLab, world } from "./support/router-lab";

useRouterLab();

const iptables = (...words: string[]) => world.runIn(router, "iptables", ...words);

test("it shows the links there and back, the rules with their owners, and that an answer came", async () => {
  await iptables(
    "-A",
    "FORWARD",
    "-i",
    "br0",
    "-m",
    "comment",
    "--comment",
    "out localnet:lab/dev/out",
    "-j",
    "ACCEPT",
  );
  const before = await showState();
  const { there, back, cause } = await follow(server);
  expect(await showState()).toEqual(before);
  await iptables("-D", "FORWARD", "1");
  expect(cause).toMatchObject({ result: "answered", netns: far });
  expect(there.map(({ netns, text }) => `${netns}: ${text}`)).toEqual([
    ...[`${pod}: out eth0`, `${router}: in p0`, `${router}: in br0`],
    ...[`${router}: rule of filter FORWARD: -A FORWARD -i br0 -j ACCEPT`, `${router}: out p1`, `${far}: in eth0`],
  ]);
  expect(there[3]).toMatchObject({ owner: "lab/dev/out" });
  expect(back.map(({ netns, text }) => `${netns}: ${text}`)).toEqual([
    ...[`${far}: out eth0`, `${router}: in p1`, `${router}: out br0`, `${router}: out p0`, `${pod}: in eth0`],
  ]);
});

/** IPv6 addresses are added here again, since a link that was down has lost them. */
const buildIPv6 = `
ip netns exec ${router} sysctl -q -w net.ipv6.conf.all.forwarding=1
ip -n ${router} addr replace fd66::1/64 dev br0 nodad
ip -n ${router} addr replace fd66:1::1/64 dev p1 nodad
ip -n ${pod} addr replace fd66::2/64 dev eth0 nodad
ip -n ${pod} -6 route replace default via fd66::1
ip -n ${far} addr replace fd66:1::2/64 dev eth0 nodad
`;

const wayThere = [`${pod}: out eth0`, `${router}: in p0`, `${router}: in br0`, `${router}: out p1`, `${far}: in eth0`];
const wayBack = [
  ...[`${far}: out eth0`, `${router}: in p1`, `${router}: out br0`, `${router}: out p0`, `${pod}: in eth0`],
];

test.each([
  ["tcp", "iptables", server, wayBack, { result: "answered", netns: far }],
  ["udp", "iptables", "udp://10.66.1.2:5353", [], lost(far, "nobody listens on udp port 5353 of 10.66.1.2")],
  ["ping", "iptables", "ping 10.66.1.2", wayBack, { result: "answered", netns: far }],
  ["tcp, IPv6", "ip6tables", "tcp://[fd66:1::2]:8081", wayBack, { result: "refused", netns: far }],
  ["ping, IPv6", "ip6tables", "ping fd66:1::2", wayBack, { result: "answered", netns: far }],
])("it follows a packet that masquerading gives another port, and its answer: %s", async (_, tool, to, back, cause) => {
  const rule = ["POSTROUTING", "-o", "p1", "-j", "MASQUERADE", "--random"];
  await world.script(undefined, `set -e\n${buildIPv6}`);
  await world.runIn(router, tool, "-t", "nat", "-A", ...rule);
  const traced = await follow(...to.split(" "));
  await world.runIn(router, tool, "-t", "nat", "-D", ...rule);
  const links = [...traced.there, ...traced.back].filter(({ what }) => what === "in" || what === "out");
  expect(links.map(({ netns, text }) => `${netns}: ${text}`)).toEqual([...wayThere, ...back]);
  expect(traced.there).toContainEqual(expect.objectContaining({ what: "rewrite", netns: router }));
  expect(traced.cause).toMatchObject(cause);
});

test("it names what drops a packet after masquerading has changed its port", async () => {
  await iptables("-t", "nat", "-A", "POSTROUTING", "-o", "p1", "-j", "MASQUERADE", "--random");
  await world.runIn(far, "iptables", "-A", "INPUT", "-p", "tcp", "-j", "DROP");
  const { cause } = await follow(server);
  await world.runIn(far, "iptables", "-D", "INPUT", "1");
  await iptables("-t", "nat", "-D", "POSTROUTING", "1");
  expect(cause).toMatchObject(lost(far, "dropped by rule of filter INPUT: -A INPUT -p tcp -j DROP"));
});
