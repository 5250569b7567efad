import { join } from "node:path";
import { changes, root, run, type Snapshot, Stack } from "./engine";
import { SshHosts } from "./ssh-hosts";

let net: SshHosts;
let stack: Stack;
let before: Snapshot[];
const look = () => Promise.all(net.hosts.map((host) => host.snapshot()));

beforeAll(async () => {
  net = await SshHosts.open(3, { mtu: 1400 });
  before = await look();
  stack = new Stack(join(root, "examples/three-hosts"), "test", net.env, net.inside);
  await stack.init({ hosts: net.hosts.map(({ url }) => url).join(), pods: "1" });
});
afterAll(async () => {
  stack?.forget();
  await net?.close();
});

/** A ping from the pod of the first host to that of the third: 28 bytes are headers. */
const ping = (packet: number) =>
  run([
    ...(net.host(1).inside as string[]),
    ...["ip", "netns", "exec", "host1-pod1", "ping", "-M", "do", "-c", "1", "-W", "5", "-s", String(packet - 28)],
    "10.77.3.2",
  ]);

test("up makes one LAN of three hosts, with the mtu that fits between them", async () => {
  expect(changes((await stack.up()).text).errored).toBeUndefined();
  expect(await stack.outputs()).toEqual({ mtu: 1350 });
  expect(await ping(1350)).toMatchObject({ code: 0 });
  expect((await ping(1351)).text).toContain("mtu=1350");
});

test("a second preview is empty", () => stack.unchanged());

test("what was taken away on one host is repaired", async () => {
  const link = (await net.host(2).ip("-br", "link")).match(/vxlan\d+/)?.[0] ?? "";
  await net.host(2).ip("link", "del", link);
  await stack.refresh();
  await stack.up();
  expect(await ping(1350)).toMatchObject({ code: 0 });
  await stack.unchanged();
});

test("destroy leaves all three as they were", async () => {
  await stack.destroy();
  expect(await look()).toEqual(before);
});
