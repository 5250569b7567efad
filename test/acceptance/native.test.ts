import { join } from "node:path";
import { changes, root, run, type Snapshot, Stack, snapshot } from "./engine";
import { natively } from "./native";
import { Sandbox } from "./sandbox";

const project = natively("examples/two-namespaces");
let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;
const seen = () => snapshot([], sandbox.inside);

async function ip(...args: string[]): Promise<string> {
  const ran = await run([...sandbox.inside, "ip", ...args]);
  expect(ran).toMatchObject({ code: 0 });
  return ran.stdout;
}

beforeAll(async () => {
  sandbox = await Sandbox.open();
  stack = new Stack(project, "test", {}, sandbox.inside);
  before = await seen();
  await stack.init();
});
afterAll(async () => {
  await sandbox.close();
  stack.forget();
});

test("the plugin has a schema of all its kinds", async () => {
  const plugin = join(root, "node_modules/pulumi-localnet/bin/pulumi-resource-localnet");
  const { stdout } = await run(["pulumi", "package", "get-schema", plugin], { env: stack.env });
  const { resources } = JSON.parse(stdout);
  expect(Object.keys(resources)).toContain("localnet:index:VethPair");
  expect(resources["localnet:index:VethPair"].inputProperties.peer.$ref).toContain("VethPairPeer");
});

test("a preview changes nothing, knows the defaults, and warns of nothing", async () => {
  const { text } = await stack.pulumi(["preview", "--diff", ...stack.target]);
  expect(text).toContain("6 to create");
  expect(text).not.toMatch(/warning/i);
  expect(await seen()).toEqual(before);
});

test("up makes it, and its probes are answered over IPv4 and IPv6", async () => {
  expect(changes((await stack.up()).text)).toEqual({ created: 6 });
  expect(await stack.outputs()).toEqual({ answered: [1, 1] });
});

test("what is recorded of a resource holds neither marks nor defaults nor the provider", async () => {
  const { text, resources } = await stack.exported();
  const netns = resources.filter(({ type }) => type === "localnet:index:Netns");
  expect(netns.map(({ inputs }) => inputs)).toEqual(expect.arrayContaining([{ name: "left" }, { name: "right" }]));
  expect(text).not.toMatch(/"owner"|"__provider"|"host"/);
});

test("a second preview is empty, also after a refresh", async () => {
  await stack.unchanged();
  await stack.asRecorded();
});

test("a preview names the inputs that change, and up changes them in place", async () => {
  const before = await ip("-n", "left", "-j", "link", "show", "dev", "eth-left");
  await stack.set("mtu", "1300");
  const { text } = await stack.pulumi(["preview", "--diff", ...stack.target]);
  expect(text).toMatch(/\+ mtu *: 1300/);
  expect(changes((await stack.up()).text)).toEqual({ updated: 3, unchanged: 3 });
  const after = await ip("-n", "left", "-j", "link", "show", "dev", "eth-left");
  expect(JSON.parse(after)[0]).toMatchObject({ mtu: 1300, ifindex: JSON.parse(before)[0].ifindex });
  await stack.unchanged();
});

test("a plain preview shows what was changed from outside, and a plain up repairs it", async () => {
  await ip("-n", "left", "link", "set", "dev", "eth-left", "mtu", "1400");
  await ip("-n", "right", "addr", "del", "10.90.0.2/24", "dev", "eth-right");
  const { text } = await stack.pulumi(["preview", "--diff", ...stack.target]);
  expect(text).toMatch(/~ mtu *: 1400 => 1300/);
  expect(text).toContain('=> "10.90.0.2/24"');
  expect(changes((await stack.up()).text)).toMatchObject({ updated: 1 });
  await ip("netns", "exec", "left", "ping", "-c", "1", "-M", "do", "-s", "1272", "10.90.0.2");
  await stack.unchanged();
});

test("a plain preview shows what was removed from outside, and a plain up makes it again", async () => {
  await ip("netns", "del", "left");
  expect((await stack.preview()).text).toContain("2 to create");
  expect(changes((await stack.up()).text)).toMatchObject({ created: 2 });
  await ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
  await stack.unchanged();
});

test("destroy succeeds with half of it gone, and leaves the host as it was", async () => {
  await ip("netns", "del", "right");
  await stack.destroy();
  expect(await seen()).toEqual(before);
});
