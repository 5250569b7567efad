import { hostUrl, quoted, type World } from "./world";

/** Answers each connection and datagram with its name and with who asked. */
const server = `
import socket, sys, threading
def answer(client): return f"{sys.argv[1]}<{client[0].replace('::ffff:', '')}".encode()
def datagrams():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 5353))
    while True:
        _, client = s.recvfrom(64); s.sendto(answer(client), client)
threading.Thread(target=datagrams, daemon=True).start()
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("::", 8080)); s.listen(1024)
while True:
    c, client = s.accept()
    try: c.sendall(answer(client))
    except OSError: pass
    c.close()
`;

/** Asks each place so many times, and prints by line who answered, "refused" or "silent". */
const client = `
import socket, sys, threading
count, wait = int(sys.argv[1]), float(sys.argv[2])
def ask(place):
    protocol, address, port = place.split(",")
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
    s.settimeout(wait)
    try:
        s.connect((address, int(port)))
        if protocol == "udp": s.send(b"?")
        return s.recv(64).decode() or "nothing"
    except (TimeoutError, socket.timeout): return "silent"
    except ConnectionRefusedError: return "refused"
    except OSError as error: return str(error)
    finally: s.close()
answers = {}
def all(place):
    found = answers[place] = set()
    for _ in range(count):
        found.add(ask(place))
        if "silent" in found: break
threads = [threading.Thread(target=all, args=(place,)) for place in sys.argv[3:]]
for t in threads: t.start()
for t in threads: t.join()
for place in sys.argv[3:]: print(" ".join(sorted(answers[place])))
`;

/** Connects again and again until a file comes, and prints what came of it, and the longest time without an answer. */
const restless = `
import os, socket, sys, time
ok, failed, longest, last = 0, [], 0, time.time()
while not os.path.exists(sys.argv[4]):
    s = socket.socket(); s.settimeout(float(sys.argv[3]))
    try:
        s.connect((sys.argv[1], int(sys.argv[2])))
        if s.recv(64): ok += 1; longest = max(longest, time.time() - last); last = time.time()
        else: failed.append("nothing")
    except OSError as error: failed.append(f"{time.strftime('%X')} {error}")
    s.close(); time.sleep(float(sys.argv[5]))
print(ok, len(failed), f"{longest:.3f}", *failed[:9], sep="\\n")
`;

type Place = `${"tcp" | "udp"},${string},${number}`;

/**
 * A node with pods on one bridge: 2 and 3 serve, 9 only asks; who is outside, and a pod of another node, from where
 * answers to the outside do not pass the node.
 */
export class ProxiedLab {
  readonly node: string;
  private readonly outside: string;
  private readonly far: string;
  private readonly pods: Readonly<Record<string, string>>;

  constructor(private readonly world: World) {
    this.node = world.netns("n");
    this.outside = world.netns("o");
    this.far = world.netns("f");
    this.pods = { pod2: world.netns("2"), pod3: world.netns("3"), pod9: world.netns("9") };
  }

  /** `client`, as the tests call it. */
  netnsOf(who: string): string {
    return { node: this.node, outside: this.outside }[who] ?? this.pods[who] ?? who;
  }

  async build(): Promise<void> {
    const { world, node, outside, far, pods } = this;
    await world.build();
    const addPod = ([name, netns]: [string, string]) => {
      const number = name.slice(3);
      return `
        ip -n ${node} link add ${name} type veth peer name eth0 netns ${netns}
        ip -n ${node} link set ${name} master br0 up
        bridge -n ${node} link set dev ${name} hairpin on
        ip -n ${netns} link set eth0 up
        ip -n ${netns} addr add 172.22.0.${number}/24 dev eth0
        ip -n ${netns} addr add fd00:22::${number}/64 dev eth0 nodad
        ip -n ${netns} route add default via 172.22.0.1
        ip -n ${netns} route add default via fd00:22::1`;
    };
    await world.script(
      undefined,
      `set -e
      ip -n ${outside} link add br1 type bridge
      ip -n ${outside} link set br1 up
      ip -n ${outside} link add node type veth peer name eth0 netns ${node}
      ip -n ${outside} link add far type veth peer name eth0 netns ${far}
      ip -n ${outside} link set node master br1 up
      ip -n ${outside} link set far master br1 up
      ip -n ${outside} addr add 172.30.0.1/24 dev br1
      ip -n ${outside} addr add fd00:30::1/64 dev br1 nodad
      ip -n ${far} link set eth0 up
      ip -n ${far} addr add 172.30.0.20/24 dev eth0
      ip -n ${far} addr add 172.22.1.2/32 dev lo
      ip -n ${far} route add 172.22.0.0/24 via 172.30.0.10
      ip -n ${node} link set eth0 up
      ip -n ${node} addr add 172.30.0.10/24 dev eth0
      ip -n ${node} addr add fd00:30::10/64 dev eth0 nodad
      ip -n ${node} link add br0 type bridge
      ip -n ${node} link set br0 up
      ip -n ${node} addr add 172.22.0.1/24 dev br0
      ip -n ${node} addr add fd00:22::1/64 dev br0 nodad
      ip -n ${node} route add default via 172.30.0.1
      ip -n ${node} route add default via fd00:30::1
      ip -n ${node} route add 172.22.1.0/24 via 172.30.0.20
      ip -n ${outside} route add 10.96.0.0/16 via 172.30.0.10
      ip -n ${outside} route add 192.0.2.0/24 via 172.30.0.10
      ip -n ${outside} route add fd00:96::/112 via fd00:30::10
      ${Object.entries(pods).map(addPod).join("\n")}`,
    );
    // The kernel sends few ICMP errors to one client; and what is refused by the link that it came in by, redirects come first.
    const set = (key: string, value: number) => `echo ${value} > /proc/sys/net/${key}`;
    const settings = [
      ...[set("ipv4/ip_forward", 1), set("ipv6/conf/all/forwarding", 1)],
      ...[set("ipv4/icmp_ratelimit", 0), set("ipv6/icmp/ratelimit", 0)],
      ...[set("ipv4/conf/all/send_redirects", 0), set("ipv4/conf/eth0/send_redirects", 0)],
    ];
    await world.script(node, settings.join("; "));
    await this.filterBridge(1);
    await world.addFolder();
    for (const [name, netns] of [...Object.entries(pods), ["far", far] as const]) {
      const run = `timeout 900 python3 -c ${quoted(server)} ${name}`;
      await world.script(netns, `${run} > /dev/null 2>&1 < /dev/null & exit 0`);
    }
    for (const [name, netns] of [...Object.entries(pods), ["far", far] as const])
      await world.script(netns, `until ss -Hltn | grep -q :8080; do sleep 0.1; done # ${name}`);
  }

  /** Do frames that a bridge of the node hands on pass iptables and nftables? */
  async filterBridge(value: 0 | 1): Promise<void> {
    const files = ["iptables", "ip6tables"].map((each) => `/proc/sys/net/bridge/bridge-nf-call-${each}`);
    await this.world.script(this.node, files.map((file) => `echo ${value} > ${file}`).join("; "));
  }

  async hairpin(pod: string, value: "on" | "off"): Promise<void> {
    await this.world.run("bridge", "-n", this.node, "link", "set", "dev", pod, "hairpin", value);
  }

  async promiscuous(value: "on" | "off"): Promise<void> {
    await this.world.run("ip", "-n", this.node, "link", "set", "br0", "promisc", value);
  }

  /** By places, who answered a client: each that did, and whom it saw. */
  async request(
    who: string,
    places: readonly Place[],
    count = 24,
    wait = hostUrl ? 4 : 1.5,
  ): Promise<Record<string, string | undefined>> {
    const argv = ["python3", "-c", client, String(count), String(wait), ...places];
    const lines = (await this.world.slowly(this.netnsOf(who), ...argv)).trim().split("\n");
    return Object.fromEntries(places.map((place, index) => [place, lines[index]]));
  }

  /** What comes of connections that clients make one after the other while something is done. */
  async underTraffic(clients: readonly (readonly [who: string, place: Place])[], act: () => Promise<unknown>) {
    const { folder } = this.world;
    // A packet that is lost is sent again after a second; an emulated machine may stall for longer than one.
    const patience = hostUrl ? 5 : 0.9;
    // And it has little time besides for what is done.
    const pause = hostUrl ? 0.2 : 0.004;
    await this.world.script(undefined, `rm -f ${folder}/*`);
    for (const [index, [who, place]] of clients.entries()) {
      const [, address = "", port = ""] = place.split(",");
      const file = `${folder}/${index}`;
      const run = `timeout 900 python3 -c ${quoted(restless)} ${address} ${port} ${patience} ${folder}/stop ${pause}`;
      const begin = `(${run} > ${file}.part; mv ${file}.part ${file}) > /dev/null 2>&1 < /dev/null & exit 0`;
      await this.world.script(this.netnsOf(who), begin);
    }
    await act();
    const files = clients.map(
      (_, index) => `until [ -e ${folder}/${index} ]; do sleep 0.1; done; cat ${folder}/${index}`,
    );
    const end = `sleep 0.5; touch ${folder}/stop; ${files.join("; echo @@; ")}`;
    const lines = await this.world.slowly(this.node, "sh", "-c", end);
    return lines.split("@@\n").map((text) => {
      const [answered, failed, longest, ...reasons] = text.trim().split("\n");
      return { answered: Number(answered), failed: Number(failed), longest, reasons };
    });
  }
}
