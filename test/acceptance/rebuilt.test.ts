import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, type Snapshot, Stack, snapshot } from "./engine";
import { Sandbox } from "./sandbox";

mkdirSync(join(root, ".localnet"), { recursive: true });
const project = mkdtempSync(join(root, ".localnet/rebuilt-"));
const program = join(project, "Pulumi.yaml");
const head = `name: rebuilt
runtime: yaml
plugins:
  providers:
    - name: localnet
      path: ../../node_modules/pulumi-localnet/bin
`;
let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;
const state = () => snapshot([], sandbox.enterArgv);

/** A lab by hand: two networks, a router with a firewall, a bridge, and rules that choose a table. */
const lab = `
for n in pc fw srv; do ip netns add $n; ip -n $n link set lo up; done
ip -n fw link add br0 type bridge
ip -n fw addr add 10.1.0.1/24 dev br0
ip -n fw link set br0 up
ip -n fw link add port type veth peer name eth0 netns pc
ip -n fw link set port master br0 up
ip -n pc addr add 10.1.0.2/24 dev eth0
ip -n pc link set eth0 up
ip -n pc route add default via 10.1.0.1
ip -n fw link add out type veth peer name eth0 netns srv
ip -n fw addr add 10.2.0.1/24 dev out
ip -n fw link set out up
ip -n srv addr add 10.2.0.2/24 dev eth0
ip -n srv addr add 192.0.2.7/32 dev lo
ip -n srv link set eth0 up
ip -n srv route add 10.1.0.0/24 via 10.2.0.1
ip -n fw route add 192.0.2.0/24 via 10.2.0.2 table 100
ip -n fw rule add to 192.0.2.0/24 lookup 100 pref 100
ip -n fw rule add fwmark 7 lookup 101 pref 101
ip -n fw rule add ipproto tcp dport 80 uidrange 5-5 lookup 101 pref 102
ip netns exec fw iptables -N GUARD
ip netns exec fw iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
ip netns exec fw iptables -A FORWARD -j GUARD
ip netns exec fw iptables -A GUARD -i br0 -j ACCEPT
ip netns exec fw iptables -P FORWARD DROP
ip netns exec fw sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv4/conf/out/proxy_arp'
`;

async function runInSandbox(...argv: string[]): Promise<string> {
  const result = await run([...sandbox.enterArgv, ...argv]);
  if (result.code) throw new Error(`${argv.join(" ")}: ${result.text}`);
  return result.stdout;
}

/** The client reaches the server's address through the firewall, and the server does not reach the client. */
async function works(): Promise<void> {
  await runInSandbox("ip", "netns", "exec", "pc", "ping", "-c", "1", "-W", "2", "192.0.2.7");
  await runInSandbox("ip", "netns", "exec", "srv", "sh", "-c", "! ping -c 1 -W 1 10.1.0.2");
  expect(await runInSandbox("cat", "/proc/sys/net/ipv4/ip_forward")).toBe("0\n");
}

beforeAll(async () => {
  writeFileSync(program, head);
  sandbox = await Sandbox.open();
  stack = new Stack(project, "test", {}, sandbox.enterArgv);
  before = await state();
  await stack.init();
  await runInSandbox("sh", "-e", "-c", lab);
  await works();
});
afterAll(async () => {
  await sandbox.close();
  stack.removeState();
  rmSync(project, { recursive: true });
});

test("all objects of a lab made by hand can be imported, and none is left out", async () => {
  const command = join(root, "node_modules/pulumi-localnet/bin/localnet");
  const { stdout, stderr } = await run([...sandbox.enterArgv, command, "discover"]);
  expect(stderr.split("\n").filter((line) => /^left out: (?!link (dummy|ifb|bond)\d)/.test(line))).toEqual([]);
  const file = join(project, "lab.json");
  writeFileSync(file, stdout);
  const generated = join(project, "lab.yaml");
  const options = ["--out", generated, "--yes", "--skip-preview", "--protect=false"];
  await stack.pulumi(["import", "--file", file, ...options, ...stack.target]);
  writeFileSync(program, head + readFileSync(generated, "utf8"));
});

test("the preview of the program is empty, and destroy leaves the host as it was before the lab", async () => {
  await stack.unchanged();
  await stack.destroy();
  expect(await state()).toEqual(before);
});

test("it comes up again on an empty host, works as before, and is destroyed again", async () => {
  await stack.up();
  await works();
  await stack.unchanged();
  await stack.destroy();
  expect(await state()).toEqual(before);
});
