import { join } from "node:path";
import { changes, root, run, type Snapshot, Stack } from "./engine";
import { SshHosts } from "./ssh-hosts";

let net: SshHosts;
let stack: Stack;
let before: Snapshot[];
const snapshots = () => Promise.all(net.hosts.map((host) => host.snapshot()));

beforeAll(async () => {
  net = await SshHosts.open(3, { mtu: 1400 });
  before = await snapshots();
  stack = new Stack(join(root, "examples/three-hosts"), "test", net.env, net.enterArgv);
  await stack.init({ hosts: net.hosts.map(({ url }) => url).join(), pods: "1" });
});
afterAll(async () => {
  stack?.removeState();
  await net?.close();
});

/** Pings from the pod of the first host to that of the third. 28 bytes of a packet are headers. */
const ping = (packet: number) =>
  run([
    ...net.host(1).enterArgv,
    ...["ip", "netns", "exec", "host1-pod1", "ping", "-M", "do", "-c", "1", "-W", "5", "-s", String(packet - 28)],
    "10.77.3.2",
  ]);

test("up makes one LAN of three hosts, with the mtu that fits between them", async () => {
  expect(changes((await stack.up()).text).errored).toBeUndefined();
  expect(await stack.outputs()).toEqual({ mtu: 1350 });
  expect(await ping(1350)).toMatchObject({ code: 0 });
  expect((await ping(1351)).text).toContain("mtu=1350");
});

interface Traced {
  readonly there: readonly { readonly host: string; readonly netns?: string; readonly text: string }[];
  readonly cause: object;
}

/** `localnet trace`, from the pod of the first host to that of the third. */
async function trace(...words: string[]): Promise<Traced> {
  const command = join(root, "provider/bin/localnet");
  const source = ["--cwd", stack.project, "--stack", stack.name, "--json", "--from", "host1-pod1"];
  const { stdout } = await run([...net.enterArgv, "node", command, "trace", ...source, ...words], { env: stack.env });
  return JSON.parse(stdout);
}

test("trace follows a packet to another host by its resource", async () => {
  const { there, cause } = await trace("ping", "10.77.3.2");
  expect(cause).toMatchObject({ result: "answered", host: net.host(3).url, netns: "host3-pod1" });
  const way = there.map(({ host, netns = "(host)", text }) => `${host.at(-1)} ${netns} ${text}`);
  expect(way).toEqual([
    ...["1 host1-pod1 out eth0", "1 (host) in veth-host1-pod1", expect.stringMatching(/^1 \(host\) out vxlan\d+$/)],
    ...[expect.stringMatching(/^3 \(host\) in vxlan\d+$/), "3 (host) out veth-host3-pod1", "3 host3-pod1 in eth0"],
  ]);
});

/** Clears the neighbour entry of the third pod in the first one. An ARP request of the third pod would add it again. */
async function clearNeighbour(): Promise<void> {
  for (const number of [3, 1]) await net.host(number).ip("-n", `host${number}-pod1`, "neigh", "flush", "dev", "eth0");
}

test.each([
  ["the ping", "it"],
  ["the ARP request", "the question for its address"],
])("trace names what drops the VXLAN packet with %s", async (_, what) => {
  const rule = ["INPUT", "-p", "udp", "--dport", "4789", "-j", "DROP"];
  const iptables = (...words: string[]) => run([...net.host(3).enterArgv, "iptables", ...words]);
  expect(await ping(100)).toMatchObject({ code: 0 });
  await iptables("-A", ...rule);
  if (what !== "it") await clearNeighbour();
  const { cause } = await trace("tcp://10.77.3.2:80");
  await iptables("-D", ...rule);
  expect(cause).toMatchObject({
    ...{ result: "lost", host: net.host(3).url },
    text: `in the packet of a VXLAN that carries ${what}: dropped by rule of filter INPUT: -A INPUT -p udp -m udp --dport 4789 -j DROP`,
  });
});

test("trace names a VXLAN that is down on the other host", async () => {
  const link = (await net.host(3).ip("-br", "link")).match(/vxlan\d+/)?.[0] ?? "";
  expect(await ping(100)).toMatchObject({ code: 0 });
  await net.host(3).ip("link", "set", link, "down");
  const down = await trace("ping", "10.77.3.2");
  await net.host(3).ip("link", "set", link, "up");
  expect(down.cause).toMatchObject({
    ...{ result: "lost", host: net.host(3).url },
    text: "in the packet of a VXLAN that carries it: nobody listens on udp port 4789 of 192.0.2.3",
  });
});

test("a second preview is empty", () => stack.unchanged());

test("an object that was removed on one host is made again", async () => {
  const link = (await net.host(2).ip("-br", "link")).match(/vxlan\d+/)?.[0] ?? "";
  await net.host(2).ip("link", "del", link);
  await stack.refresh();
  await stack.up();
  expect(await ping(1350)).toMatchObject({ code: 0 });
  await stack.unchanged();
});

test("destroy leaves all three hosts as they were", async () => {
  await stack.destroy();
  expect(await snapshots()).toEqual(before);
});
