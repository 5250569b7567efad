import { far, follow, lost, pod, router, server, showState, useRouterLab, world } from "./support/router-lab";

// The lab is broken in one known way at a time, and repaired.

useRouterLab();

interface Fault {
  readonly what: string;
  /** Scripts that run on the host. */
  readonly breaks: string;
  readonly mends: string;
  readonly to?: readonly string[];
  readonly cause: object;
}

const [inPod, inRouter, inFar] = [pod, router, far].map((each) => `ip -n ${each}`);
const [execPod, execRouter, execFar] = [pod, router, far].map((each) => `ip netns exec ${each}`);

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
    what: "a rule of the server",
    breaks: `${execFar} iptables -A INPUT -p tcp -j DROP`,
    mends: `${execFar} iptables -D INPUT 1`,
    cause: lost(far, "dropped by rule of filter INPUT: -A INPUT -p tcp -j DROP"),
  },
  {
    what: "a rule of the client",
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
    what: "an address that nobody has",
    breaks: "true",
    mends: "true",
    to: ["tcp://10.66.1.77:8080"],
    cause: lost(router, "nobody answers for 10.66.1.77 on p1"),
  },
  {
    what: "a route of type prohibit",
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
