import { flowTo } from "../../provider/src/cli/trace/flow";
import { traceFlow } from "../../provider/src/cli/trace/trace";
import { testHost, World } from "./support/world";

// Published labs, as their authors type them, each without one of its commands. trace finds out what is missing.

const world = new World();
const names = ["a", "b", "c", "d", "e"].map((each) => world.netns(each));
const [a = "", b = "", c = "", d = "", e = ""] = names;
const ip = (netns: string) => `ip -n ${netns}`;
const exec = (netns: string) => `ip netns exec ${netns}`;
const forward = (...routers: string[]) => routers.map((each) => `${exec(each)} sysctl -q -w net.ipv4.ip_forward=1`);

/** A veth pair whose ends have these addresses. */
const cable = (near: string, link: string, address: string, far: string, end: string, other: string) => [
  `${ip(near)} link add ${link} type veth peer name ${end} netns ${far}`,
  `${ip(near)} addr add ${address} dev ${link}`,
  `${ip(far)} addr add ${other} dev ${end}`,
  `${ip(near)} link set ${link} up`,
  `${ip(far)} link set ${end} up`,
];

const serve = (netns: string, port: number) => [
  `${exec(netns)} sh -c 'cd /tmp; setsid -f nc -n -k -l ${port} </dev/null >/dev/null 2>&1'`,
  `${exec(netns)} sh -c 'until nc -n -z 127.0.0.1 ${port}; do sleep 0.1; done'`,
];

interface Lab {
  readonly lab: string;
  readonly build: readonly string[];
  readonly from?: string;
  readonly to: readonly string[];
  /** Commands that the lab needs and that are left out at first, and the cause that trace finds without them. */
  readonly stages: readonly { readonly without: string; readonly cause: object }[];
  /** The namespace that answers in the end. Undefined: none does. */
  readonly answers?: string;
}

const lost = (netns: string, text: string | RegExp, isBack = false) => ({
  ...{ result: "lost", netns, isBack },
  text: typeof text === "string" ? text : expect.stringMatching(text),
});

const labs: readonly Lab[] = [
  {
    lab: "a pod with its own address as gateway, and masquerading",
    build: [
      `${ip(b)} link add veth1 type veth peer name eth0 netns ${a}`,
      `${ip(b)} link set veth1 up`,
      `${ip(a)} link set eth0 up`,
      `${ip(a)} addr add 10.0.1.10/32 dev eth0`,
      `${ip(a)} route add default via 10.0.1.10`,
      ...cable(b, "up0", "203.0.113.1/24", c, "eth0", "203.0.113.2/24"),
      ...forward(b),
      `${exec(b)} iptables -P FORWARD DROP`,
      `${exec(b)} iptables -A FORWARD -i veth1 -o up0 -j ACCEPT`,
      ...serve(c, 8080),
    ],
    to: ["tcp://203.0.113.2:8080"],
    stages: [
      {
        // The pod sends ARP requests for every address on its link. Only a proxy answers them.
        without: `${exec(b)} sysctl -q -w net.ipv4.conf.veth1.proxy_arp=1`,
        cause: lost(a, "nobody answers for 203.0.113.2 on eth0"),
      },
      {
        without: `${exec(b)} iptables -t nat -A POSTROUTING -o up0 -j MASQUERADE`,
        cause: lost(c, /^it came, and the answer finds no route to 10\.0\.1\.10/),
      },
      {
        without: `${ip(b)} route add 10.0.1.10/32 dev veth1`,
        cause: lost(b, "no route to 10.0.1.10: Network is unreachable", true),
      },
      {
        without: `${exec(b)} iptables -A FORWARD -i up0 -o veth1 -j ACCEPT`,
        cause: lost(b, "dropped by policy DROP of filter FORWARD", true),
      },
    ],
    answers: c,
  },
  {
    lab: "a chain of routers",
    build: [
      ...cable(a, "p0", "192.168.10.10/24", b, "p0", "192.168.10.20/24"),
      ...cable(b, "p1", "192.168.20.10/24", c, "p0", "192.168.20.20/24"),
      ...cable(c, "p1", "192.168.30.10/24", d, "p0", "192.168.30.20/24"),
      ...cable(d, "p1", "192.168.40.10/24", e, "p0", "192.168.40.20/24"),
      ...forward(b, c),
      `${ip(a)} route add 192.168.40.0/24 via 192.168.10.20`,
      `${ip(b)} route add 192.168.40.0/24 via 192.168.20.20`,
      `${ip(e)} route add 192.168.10.0/24 via 192.168.40.10`,
      `${ip(d)} route add 192.168.10.0/24 via 192.168.30.10`,
    ],
    to: ["ping", "192.168.40.20"],
    stages: [
      {
        without: `${ip(c)} route add 192.168.40.0/24 via 192.168.30.20`,
        cause: lost(c, "no route to 192.168.40.20: Network is unreachable"),
      },
      {
        without: `${exec(d)} sysctl -q -w net.ipv4.ip_forward=1`,
        cause: lost(d, "forwarding is off: net.ipv4.conf.p0.forwarding is 0"),
      },
      {
        without: `${ip(c)} route add 192.168.10.0/24 via 192.168.20.10`,
        cause: lost(c, "no route to 192.168.10.10: Network is unreachable", true),
      },
    ],
    answers: e,
  },
  {
    lab: "a firewall that knows connections, and a port forward",
    build: [
      ...cable(a, "veth1", "192.168.62.5/24", b, "veth2", "192.168.62.6/24"),
      ...cable(b, "veth3", "192.168.64.1/24", c, "veth4", "192.168.64.6/24"),
      `${ip(c)} route add default via 192.168.64.1`,
      ...forward(b),
      `${exec(b)} iptables -P FORWARD DROP`,
      ...serve(c, 8000),
    ],
    to: ["tcp://192.168.62.6:8888"],
    stages: [
      {
        without: `${exec(b)} iptables -t nat -I PREROUTING -p tcp --dport 8888 -j DNAT --to-destination 192.168.64.6:8000`,
        cause: { result: "refused", netns: b, text: "nobody listens on tcp port 8888 of 192.168.62.6" },
      },
      {
        without: `${exec(b)} iptables -I FORWARD -p tcp --syn -o veth3 -m conntrack --ctstate NEW -j ACCEPT`,
        cause: lost(b, "dropped by policy DROP of filter FORWARD"),
      },
      {
        without: `${exec(b)} iptables -I FORWARD -p tcp -i veth3 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
        cause: lost(b, "dropped by policy DROP of filter FORWARD", true),
      },
    ],
    answers: c,
  },
  {
    lab: "a source that another link leads to",
    build: [
      ...cable(a, "v0", "192.168.23.2/24", b, "v0", "192.168.23.1/24"),
      `${ip(a)} addr add 192.168.42.2/24 dev v0`,
      `${ip(b)} link add d0 type bridge`,
      `${ip(b)} addr add 192.168.42.1/24 dev d0`,
      `${ip(b)} link set d0 up`,
      `${exec(b)} sysctl -q -w net.ipv4.conf.all.rp_filter=1`,
    ],
    to: ["ping", "192.168.42.1"],
    stages: [
      {
        without: `${exec(b)} sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.v0.rp_filter=0`,
        // The ARP request for its address is dropped too, so that no packet is sent.
        cause: lost(
          a,
          /has 192\.168\.42\.1 and does not answer for it: the way back to 192\.168\.42\.2 does not lead through v0, and rp_filter/,
        ),
      },
    ],
  },
  {
    lab: "a detour by rules of policy routing",
    build: [
      ...cable(b, "veth0", "10.0.0.1/30", c, "veth1", "10.0.0.2/30"),
      ...cable(b, "veth2", "10.0.1.1/30", c, "veth3", "10.0.1.2/30"),
      ...cable(a, "eth0", "10.0.2.2/24", b, "lan", "10.0.2.1/24"),
      ...cable(b, "wan", "203.0.113.5/24", d, "eth0", "203.0.113.9/24"),
      `${ip(a)} route add default via 10.0.2.1`,
      `${ip(c)} route add default via 10.0.1.1`,
      ...forward(b),
      // Both directions of the detour are on links that the way back does not use.
      `${exec(b)} sysctl -q -w net.ipv4.conf.all.rp_filter=0`,
      `${ip(b)} route add default via 10.0.0.2 dev veth0 table 100`,
      `${ip(b)} rule add from 10.0.2.0/24 iif lan lookup 100 pref 200`,
      ...serve(d, 8080),
    ],
    to: ["tcp://203.0.113.9:8080"],
    stages: [
      {
        without: `${exec(c)} sysctl -q -w net.ipv4.ip_forward=1`,
        cause: lost(c, "forwarding is off: net.ipv4.conf.veth1.forwarding is 0"),
      },
      {
        without: `${exec(c)} iptables -t nat -A POSTROUTING -o veth3 -j MASQUERADE`,
        cause: lost(d, /^it came, and the answer finds no route to 10\.0\.2\.2/),
      },
      {
        without: `${exec(b)} iptables -t nat -A POSTROUTING -o wan -j MASQUERADE`,
        cause: lost(d, /^it came, and the answer finds no route to 10\.0\.1\.2/),
      },
    ],
    answers: d,
  },
];

afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const run = (lines: readonly string[]) => world.script(undefined, `set -e\n${lines.join("\n")}`);

/** The kernel may still be removing namespaces of the lab before. */
async function empty(): Promise<void> {
  await world.script(
    undefined,
    `for each in ${names.join(" ")}; do ip netns pids $each | xargs -r kill; ip netns del $each; done; true`,
  );
  for (const each of names) await world.addNetns(each);
}

describe.each(labs)("$lab", ({ build, from = a, to, stages, answers }) => {
  beforeAll(async () => {
    if (build !== labs[0]?.build) await empty();
    else await world.build();
    await run(build);
  });

  const follow = async () => (await traceFlow({ host: testHost(), objects: [] }, flowTo(to), from)).cause;

  test.each(stages)("it names the missing command: $without", async ({ without, cause }) => {
    expect(await follow()).toMatchObject(cause);
    await run([without]);
  });

  if (answers !== undefined)
    test("with all commands an answer comes", async () => {
      expect(await follow()).toMatchObject({ result: "answered", netns: answers });
    });
});
