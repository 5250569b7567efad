import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changes, root, run, type Snapshot, Stack, snapshot, vm } from "./engine";

interface DiscoveredObject {
  readonly type: string;
  readonly name: string;
  readonly id: string;
}

const { host, ssh, exec } = vm();
mkdirSync(join(root, ".localnet"), { recursive: true });
const project = mkdtempSync(join(root, ".localnet/discovered-"));
const stack = new Stack(project);
const program = join(project, "Pulumi.yaml");
const file = join(project, "lab.json");
let before: Snapshot;
let byHand: Snapshot;

const head = `name: discovered
runtime: yaml
plugins:
  providers:
    - name: localnet
      path: ../../node_modules/pulumi-localnet/bin
`;

/** kube-proxy's IPVS mode on one host, by hand. */
const lab = `
mkdir /run/lab
cat > /run/lab/server.pl <<\\END
use IO::Socket::INET;
$SIG{CHLD} = "IGNORE";
$server = IO::Socket::INET->new(LocalPort => 8080, Listen => 99, ReuseAddr => 1) or die $@;
while ($client = $server->accept) {
  if (!fork) {
    while (<$client>) { last if /^.?$/ }
    print $client "HTTP/1.0 200 OK\\n\\n", "@ARGV\\n";
    exit;
  }
  close $client;
}
END
modprobe br_netfilter
sysctl -q -w net.bridge.bridge-nf-call-iptables=1 net.ipv4.ip_forward=1
ip link add cni0 type bridge
ip addr add 172.22.0.1/24 dev cni0
ip link set cni0 up
pod() {
  ip netns add $1
  ip -n $1 link set lo up
  ip link add veth_$1 type veth peer name veth_$1_eth0 netns $1
  ip link set veth_$1 master cni0 up
  ip -n $1 addr add $2/24 dev veth_$1_eth0
  ip -n $1 link set veth_$1_eth0 up
  ip -n $1 route add default via 172.22.0.1
  setsid -f ip netns exec $1 perl /run/lab/server.pl $1 < /dev/null > /dev/null 2>&1
}
pod foo 172.22.0.2
pod bar 172.22.0.3
iptables -A FORWARD -i cni0 -j ACCEPT
iptables -A FORWARD -o cni0 -j ACCEPT
ipvsadm -A -t 172.23.0.1:8080 -s rr
ipvsadm -a -t 172.23.0.1:8080 -r 172.22.0.2:8080 -m
ipvsadm -a -t 172.23.0.1:8080 -r 172.22.0.3:8080 -m
ip link add ipvs0 type dummy
ip addr add 172.23.0.1/32 dev ipvs0
ip link set ipvs0 up
ip link set cni0 promisc on
iptables -t nat -A POSTROUTING -s 172.22.0.0/24 -j MASQUERADE
sysctl -q -w net.ipv4.vs.conntrack=1
`;

async function shell(script: string): Promise<string> {
  const result = await exec(["sh", "-e", "-c", script], 10);
  if (result.code) throw new Error(`${script}: ${result.text}`);
  return result.stdout;
}

async function discover(): Promise<{ resources: DiscoveredObject[]; left: string }> {
  const command = join(root, "node_modules/pulumi-localnet/bin/localnet");
  const { code, stdout, stderr } = await run([command, "discover", "--host", host]);
  if (code) throw new Error(stderr);
  return { resources: JSON.parse(stdout).resources as DiscoveredObject[], left: stderr };
}

/** Waits for the kernel's addresses and for the servers. */
async function settled(): Promise<void> {
  await shell(
    "until ip netns exec foo curl -s 172.22.0.3:8080 && ip netns exec bar curl -s 172.22.0.2:8080; do sleep 1; done",
  );
  const tentative = "ip -6 addr show tentative; for pod in foo bar; do ip -n $pod -6 addr show tentative; done";
  while (await shell(tentative)) await shell("sleep 1");
}

beforeAll(async () => {
  writeFileSync(program, head);
  before = await snapshot(ssh);
  await stack.init({ "localnet:host": host });
});
afterAll(async () => {
  await stack.dispose();
  rmSync(project, { recursive: true });
});

test("all objects of a lab made by hand are listed, beside those that existed before", async () => {
  const old = (await discover()).resources;
  expect(await snapshot(ssh)).toEqual(before);

  await shell(lab);
  await settled();
  const answers = new Set<string>();
  for (let i = 0; i < 4; i++) answers.add(await shell("ip netns exec foo curl -s -m 5 172.23.0.1:8080"));
  expect([...answers].sort()).toEqual(["bar\n", "foo\n"]);
  byHand = await snapshot(ssh);

  const { resources } = await discover();
  // Objects that Docker or others made on this machine. A user removes them from the file.
  const ours = resources.filter(({ type, id }) => !old.some((each) => each.type === type && each.id === id));
  const unnumbered = (text: string) => text.replace(/^(process_)?\d+/, "$1PID");
  expect(
    ours.map(({ type, name, id }) => [type.replace("localnet:index:", ""), unnumbered(name), unnumbered(id)]),
  ).toEqual([
    ["Netns", "bar", "bar"],
    ["Netns", "foo", "foo"],
    ["Bridge", "cni0", "cni0"],
    ["VethPair", "veth_foo", "veth_foo"],
    ["VethPair", "veth_bar", "veth_bar"],
    ["Dummy", "ipvs0", "ipvs0"],
    ["Route", "default_bar", "default@bar"],
    ["Route", "default_foo", "default@foo"],
    ["KernelModule", "br_netfilter", "br_netfilter"],
    ["KernelModule", "ip_vs", "ip_vs"],
    ["Sysctl", "net_ipv4_ip_forward", "net/ipv4/ip_forward"],
    ["Sysctl", "net_ipv4_vs_conntrack", "net/ipv4/vs/conntrack"],
    // A new namespace begins with the values of the host's own.
    ["Sysctl", "net_ipv4_ip_forward_bar", "net/ipv4/ip_forward@bar"],
    ["Sysctl", "net_ipv4_ip_forward_foo", "net/ipv4/ip_forward@foo"],
    ["IptablesRule", "ipv4_filter_FORWARD_1", "ipv4/filter/FORWARD/1"],
    ["IptablesRule", "ipv4_filter_FORWARD_2", "ipv4/filter/FORWARD/2"],
    ["IptablesRule", "ipv4_nat_POSTROUTING_2", "ipv4/nat/POSTROUTING/2"],
    ["IpvsService", "tcp_172_23_0_1_8080", "tcp/172.23.0.1:8080"],
    ["IpvsBackend", "tcp_172_23_0_1_8080_172_22_0_2_8080", "tcp/172.23.0.1:8080/172.22.0.2:8080"],
    ["IpvsBackend", "tcp_172_23_0_1_8080_172_22_0_3_8080", "tcp/172.23.0.1:8080/172.22.0.3:8080"],
    ["Process", "process_PID_bar", "PID@bar"],
    ["Process", "process_PID_foo", "PID@foo"],
  ]);
  writeFileSync(file, JSON.stringify({ resources: ours }));
});

test("it is imported into a program in one step, and stays unchanged", async () => {
  const generated = join(project, "lab.yaml");
  const options = ["--out", generated, "--yes", "--skip-preview", "--protect=false"];
  await stack.pulumi(["import", "--file", file, ...options, ...stack.target]);
  expect(await snapshot(ssh)).toEqual(byHand);
  writeFileSync(program, head + readFileSync(generated, "utf8"));
});

test("the preview of the program is empty", async () => {
  await stack.unchanged();
  expect(changes((await stack.up()).text)).toEqual({ unchanged: 23 });
  await stack.asRecorded();
  expect(await snapshot(ssh)).toEqual(byHand);
});

test("objects with the mark of a stack are no longer listed", async () => {
  writeFileSync(program, readFileSync(program, "utf8").replace("name: cni0\n", "name: cni0\n      mtu: 1400\n"));
  expect(changes((await stack.up()).text)).toEqual({ updated: 1, unchanged: 22 });
  const { resources, left } = await discover();
  expect(resources.map(({ id }) => id)).not.toContain("cni0");
  expect(left).toMatch(/Bridge cni0: .*belongs to discovered\/test\/cni0/);
});

test("destroy removes all of it, except settings and modules, whose former values are not known", async () => {
  await stack.destroy();
  await shell("rm -r /run/lab");
  // The module made dummy0.
  const left = { links: expect.anything(), modules: byHand.modules, sysctls: expect.anything() };
  expect(await snapshot(ssh)).toEqual({ ...before, ...left });

  await shell("sysctl -q -w net.ipv4.vs.conntrack=0 net.ipv4.ip_forward=0");
  const loaded = (await shell("cut -f 1 -d \\  /proc/modules")).trim().split("\n");
  await shell(`rmmod ${loaded.filter((name) => !before.modules?.includes(name)).join(" ")}`);
  expect(await snapshot(ssh)).toEqual(before);
});
