import { flowTo } from "../../provider/src/cli/trace/flow";
import { traceFlow } from "../../provider/src/cli/trace/trace";
import { testHost, World } from "./support/world";

// A pod on a bridge of a router, and a pod behind it: each lab is broken in one known way, and put back.

const world = new World();
const [pod, router, far] = [world.netns("a"), world.netns("r"), world.netns("b")];

const build = `
ip -n ${router} link add br0 type bridge
ip -n ${router} addr add 10.66.0.1/24 dev br0
ip -n ${router} link set br0 up
ip -n ${router} link add p0 type veth peer name eth0 netns ${pod}
ip -n ${router} link add p1 type veth peer name eth0 netns ${far}
ip -n ${router} link set p0 master br0 up
ip -n ${router} addr add 10.66.1.1/24 dev p1
ip -n ${router} link set p1 up
ip -n ${pod} addr add 10.66.0.2/24 dev eth0
ip -n ${pod} link set eth0 up
ip -n ${pod} route add default via 10.66.0.1
ip -n ${far} addr add 10.66.1.2/24 dev eth0
ip -n ${far} link set eth0 up
ip -n ${far} route add default via 10.66.1.1
ip netns exec ${router} sysctl -q -w net.ipv4.ip_forward=1
`;

beforeAll(async () => {
  await world.build();
  await world.script(undefined, `set -e\n${build}`);
  const serve = "until nc -n -z 127.0.0.1 8080; do sleep 0.1; done";
  await world.script(far, `cd /tmp && setsid -f nc -n -k -l 8080 </dev/null >/dev/null 2>&1; ${serve}`);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const follow = async (...words: string[]) => traceFlow({ host: testHost(), objects: [] }, flowTo(words), pod);

/** What trace could leave, or change: rules, and whatever else is there. */
const showState = () =>
  Promise.all(
    [pod, router, far].map((each) =>
      world.script(
        each,
        "nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//'; ip -o link | sed 's/<[^>]*>//; s/ state [A-Z]*//'; ip route | sed 's/ linkdown//'; sysctl -a 2>/dev/null | grep -E 'forwarding|rp_filter'",
      ),
    ),
  );

const iptables = (...words: string[]) => world.inside(router, "iptables", ...words);
const server = "tcp://10.66.1.2:8080";

test("of what is answered it tells the links there and back, by whose rules, and that an answer came", async () => {
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

interface Fault {
  readonly what: string;
  /** Scripts of the host. */
  readonly breaks: string;
  readonly mends: string;
  readonly to?: readonly string[];
  readonly cause: object;
}

const [inPod, inRouter, inFar] = [pod, router, far].map((each) => `ip -n ${each}`);
const [execPod, execRouter, execFar] = [pod, router, far].map((each) => `ip netns exec ${each}`);
const lost = (netns: string, text: string | RegExp, isBack = false) => ({
  ...{ result: "lost", netns, isBack },
  text: typeof text === "string" ? text : expect.stringMatching(text),
});

const faults: readonly Fault[] = [
  {
    what: "no route",
    breaks: `${inPod} route del default`,
    mends: `${inPod} route add default via 10.66.0.1`,
    cause: lost(pod, /^no route to 10\.66\.1\.2: Network is unreachable$/),
  },
  {
    what: "a router without a route",
    breaks: `${inRouter} addr del 10.66.1.1/24 dev p1`,
    mends: `${inRouter} addr add 10.66.1.1/24 dev p1`,
    cause: lost(router, /^no route to 10\.66\.1\.2: Network is unreachable$/),
  },
  {
    what: "no way back",
    breaks: `${inFar} route del default`,
    mends: `${inFar} route add default via 10.66.1.1`,
    cause: lost(far, /^it came, and the answer finds no route to 10\.66\.0\.2: Network is unreachable$/),
  },
  {
    what: "a policy",
    breaks: `${execRouter} iptables -P FORWARD DROP`,
    mends: `${execRouter} iptables -P FORWARD ACCEPT`,
    cause: lost(router, "dropped by policy DROP of filter FORWARD"),
  },
  {
    what: "a rule of ours",
    breaks: `${execRouter} iptables -A FORWARD -p tcp --dport 8080 -m comment --comment localnet:lab/dev/wall -j DROP`,
    mends: `${execRouter} iptables -D FORWARD 1`,
    cause: {
      ...lost(router, "dropped by rule of filter FORWARD: -A FORWARD -p tcp -m tcp --dport 8080 -j DROP"),
      owner: "lab/dev/wall",
    },
  },
  {
    what: "a rule that rejects",
    breaks: `${execRouter} iptables -A FORWARD -j REJECT`,
    mends: `${execRouter} iptables -D FORWARD 1`,
    cause: lost(router, /^rejected by rule of filter FORWARD: -A FORWARD -j REJECT/),
  },
  {
    what: "a rule that drops the answer",
    breaks: `${execRouter} iptables -A FORWARD -i p1 -j DROP`,
    mends: `${execRouter} iptables -D FORWARD 1`,
    cause: lost(router, "dropped by rule of filter FORWARD: -A FORWARD -i p1 -j DROP", true),
  },
  {
    what: "a rule of the one who is asked",
    breaks: `${execFar} iptables -A INPUT -p tcp -j DROP`,
    mends: `${execFar} iptables -D INPUT 1`,
    cause: lost(far, "dropped by rule of filter INPUT: -A INPUT -p tcp -j DROP"),
  },
  {
    what: "a rule of the one who asks",
    breaks: `${execPod} iptables -A OUTPUT -d 10.66.1.2 -j DROP`,
    mends: `${execPod} iptables -D OUTPUT 1`,
    cause: lost(pod, /^dropped by rule of filter OUTPUT: -A OUTPUT -d 10\.66\.1\.2(\/32)? -j DROP$/),
  },
  {
    what: "a table of nft",
    breaks: `${execRouter} nft 'table inet wall { chain c { type filter hook forward priority 0; tcp dport 8080 drop; }; }'`,
    mends: `${execRouter} nft delete table inet wall`,
    cause: lost(router, "dropped by rule of inet wall c: tcp dport 8080 drop"),
  },
  {
    what: "rp_filter",
    breaks: `${execFar} sysctl -q -w net.ipv4.conf.all.rp_filter=1 && ${inFar} route del default && ${inFar} link add d0 type bridge && ${inFar} addr add 10.66.9.1/24 dev d0 && ${inFar} link set d0 up && ${inFar} route add 10.66.0.0/24 via 10.66.9.2 dev d0`,
    mends: `${execFar} sysctl -q -w net.ipv4.conf.all.rp_filter=0 && ${inFar} link del d0 && ${inFar} route add default via 10.66.1.1`,
    cause: lost(far, /^the way back to 10\.66\.0\.2 does not lead through eth0, and rp_filter drops/),
  },
  {
    what: "forwarding off",
    breaks: `${execRouter} sysctl -q -w net.ipv4.ip_forward=0`,
    mends: `${execRouter} sysctl -q -w net.ipv4.ip_forward=1`,
    cause: lost(router, "forwarding is off: net.ipv4.conf.br0.forwarding is 0"),
  },
  {
    what: "nobody listens",
    breaks: "true",
    mends: "true",
    to: ["tcp://10.66.1.2:8081"],
    cause: { result: "refused", netns: far, text: "nobody listens on tcp port 8081 of 10.66.1.2" },
  },
  {
    what: "a link that is down",
    breaks: `${inPod} link set eth0 down`,
    mends: `${inPod} link set eth0 up && ${inPod} route add default via 10.66.0.1`,
    cause: lost(pod, "link eth0 is down, and its routes with it"),
  },
  {
    what: "the other end down",
    breaks: `${inFar} link set eth0 down`,
    mends: `${inFar} link set eth0 up && ${inFar} route add default via 10.66.1.1`,
    cause: lost(router, "link p1 has no carrier: its other end is down"),
  },
  {
    what: "a wrong neighbour",
    breaks: `${inRouter} neigh replace 10.66.1.2 lladdr 02:00:00:00:00:99 dev p1 nud permanent`,
    mends: `${inRouter} neigh del 10.66.1.2 dev p1`,
    cause: lost(far, /^it is addressed to 02:00:00:00:00:99, and eth0 is /),
  },
  {
    what: "nobody who has the address",
    breaks: "true",
    mends: "true",
    to: ["tcp://10.66.1.77:8080"],
    cause: lost(router, "nobody answers for 10.66.1.77 on p1"),
  },
  {
    what: "a route that says no",
    breaks: `${inRouter} route add prohibit 10.66.1.2/32`,
    mends: `${inRouter} route del prohibit 10.66.1.2/32`,
    cause: lost(router, /^no route to 10\.66\.1\.2: Permission denied$/),
  },
  {
    what: "a bridge that is down",
    breaks: `${inRouter} link set br0 down`,
    mends: `${inRouter} link set br0 up`,
    cause: lost(router, "bridge br0 is down"),
  },
  { what: "ping", breaks: "true", mends: "true", to: ["ping", "10.66.1.2"], cause: { result: "answered", netns: far } },
  {
    what: "ping, a policy",
    breaks: `${execRouter} iptables -P FORWARD DROP`,
    mends: `${execRouter} iptables -P FORWARD ACCEPT`,
    to: ["ping", "10.66.1.2"],
    cause: lost(router, "dropped by policy DROP of filter FORWARD"),
  },
  {
    what: "udp to nobody",
    breaks: "true",
    mends: "true",
    to: ["udp://10.66.1.2:5353"],
    cause: lost(far, "nobody listens on udp port 5353 of 10.66.1.2"),
  },
];

test.each(faults)("it names the cause: $what", async ({ breaks, mends, to = [server], cause }) => {
  await world.script(undefined, breaks);
  const before = await showState();
  const traced = await follow(...to);
  const after = await showState();
  await world.script(undefined, mends);
  expect(traced.cause).toMatchObject(cause);
  expect(after).toEqual(before);
});

/** A link that was down has no IPv6 address any more. */
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
])(
  "it is followed where masquerading gives it another port, and so is its answer: %s",
  async (_, tool, to, back, cause) => {
    const rule = ["POSTROUTING", "-o", "p1", "-j", "MASQUERADE", "--random"];
    await world.script(undefined, `set -e\n${buildIPv6}`);
    await world.inside(router, tool, "-t", "nat", "-A", ...rule);
    const traced = await follow(...to.split(" "));
    await world.inside(router, tool, "-t", "nat", "-D", ...rule);
    const links = [...traced.there, ...traced.back].filter(({ what }) => what === "in" || what === "out");
    expect(links.map(({ netns, text }) => `${netns}: ${text}`)).toEqual([...wayThere, ...back]);
    expect(traced.there).toContainEqual(expect.objectContaining({ what: "rewrite", netns: router }));
    expect(traced.cause).toMatchObject(cause);
  },
);

test("behind a port that masquerading gave it, what drops it is named", async () => {
  await iptables("-t", "nat", "-A", "POSTROUTING", "-o", "p1", "-j", "MASQUERADE", "--random");
  await world.inside(far, "iptables", "-A", "INPUT", "-p", "tcp", "-j", "DROP");
  const { cause } = await follow(server);
  await world.inside(far, "iptables", "-D", "INPUT", "1");
  await iptables("-t", "nat", "-D", "POSTROUTING", "1");
  expect(cause).toMatchObject(lost(far, "dropped by rule of filter INPUT: -A INPUT -p tcp -j DROP"));
});
