import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Cli } from "./cli";
import { root, run, Stack } from "./engine";
import { natively } from "./providers";
import { Sandbox } from "./sandbox";

const project = natively("examples/two-namespaces");
const waits = natively("test/fixtures/waits");
let sandbox: Sandbox;
let stack: Stack;

beforeAll(async () => {
  sandbox = await Sandbox.open();
  stack = new Stack(project, "test", {}, sandbox.enterArgv);
  await stack.init();
});
afterAll(async () => {
  await sandbox.close();
  stack.removeState();
});

test("the plugin has a schema with all kinds", async () => {
  const plugin = join(root, "node_modules/pulumi-localnet/bin/pulumi-resource-localnet");
  const { stdout } = await run(["pulumi", "package", "get-schema", plugin], { env: stack.env });
  const { resources } = JSON.parse(stdout);
  expect(Object.keys(resources)).toContain("localnet:index:VethPair");
  expect(resources["localnet:index:VethPair"].inputProperties.peer.$ref).toContain("VethPairPeer");
});

test("the state of a resource has its mark once, and neither defaults nor the provider", async () => {
  await stack.up();
  const { text, resources } = await stack.exported();
  const netns = resources.filter(({ type }) => type === "localnet:index:Netns");
  expect(netns.map(({ inputs }) => inputs)).toEqual(expect.arrayContaining([{ name: "left" }, { name: "right" }]));
  expect(text).not.toMatch(/"__provider"|"host"/);
  // A renamed stack recognizes its objects by it.
  expect(JSON.stringify(resources.map(({ inputs }) => inputs))).not.toContain("owner");
  expect(text.match(/"owner"/g)).toHaveLength(5);
});

test("a preview names the inputs that change, and those that were changed by hand", async () => {
  await stack.set({ mtu: "1300" });
  expect((await stack.pulumi(["preview", "--diff", ...stack.target])).text).toMatch(/\+ mtu *: 1300/);
  await stack.up();
  await sandbox.ip("-n", "left", "link", "set", "dev", "eth-left", "mtu", "1400");
  await sandbox.ip("-n", "right", "addr", "del", "10.90.0.2/24", "dev", "eth-right");
  const { text } = await stack.pulumi(["preview", "--diff", ...stack.target]);
  expect(text).toMatch(/~ mtu *: 1400 => 1300/);
  expect(text).toContain('=> "10.90.0.2/24"');
});

test("while up waits, the engine shows the reason beside each resource", async () => {
  const waiting = new Stack(waits, "test", {}, sandbox.enterArgv);
  await waiting.init({ waiting: "true" });
  const cli = new Cli(waiting, ["up", "--yes", "--skip-preview", ...waiting.target]);
  const refused = "nc: exit 1, Connection refused";
  const shown = [
    `Probe probe creating \\(\\d+s\\) attempt 2 of 1000: ${refused}$`,
    `Process process creating \\(\\d+s\\) waiting for tcp://127.0.0.1:9: ${refused}$`,
  ].map((line) => new RegExp(line, "m"));
  while (!shown.every((line) => line.test(cli.text)) && cli.running) await sleep(50);
  await cli.interrupt();
  for (const line of shown) expect(cli.text).toMatch(line);
  // Each line appears once, since the output is no terminal.
  expect(cli.text.match(/waiting for tcp/g)).toHaveLength(1);
  waiting.removeState();
});
