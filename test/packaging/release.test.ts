import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changes, run, Stack, snapshot } from "../acceptance/engine";
import { Sandbox } from "../acceptance/sandbox";

// The plugin's archive needs nothing else: it is installed as Pulumi installs plugins, outside of this repository, and a project finds
// it without an entry in its Pulumi.yaml. The other tests here are about the npm package.

const { version } = require("../../provider/package.json");
const base = mkdtempSync(join(tmpdir(), "localnet-release-"));
const release = join(base, "release");
let sandbox: Sandbox;

beforeAll(async () => {
  expect(await run(["npm", "run", "release", "--", release])).toMatchObject({ code: 0 });
  sandbox = await Sandbox.open();
});
afterAll(async () => {
  await sandbox?.close();
  rmSync(base, { recursive: true, force: true });
});

test("a release has the package, the plugin for each platform, and their checksums", async () => {
  const plugins = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64"];
  expect(readdirSync(release).sort()).toEqual([
    "SHA256SUMS",
    `pulumi-localnet-${version}.tgz`,
    ...plugins.map((platform) => `pulumi-resource-localnet-v${version}-${platform}.tar.gz`),
  ]);
  expect(await run(["sha256sum", "--check", "--strict", "SHA256SUMS"], { cwd: release })).toMatchObject({ code: 0 });
});

test("a program that does not name the plugin's path uses the installed plugin", async () => {
  const project = mkdtempSync(join(base, "project-"));
  const netns = "  lnp-released: {type: localnet:Netns}\n";
  const bridge = '  br0: {type: localnet:Bridge, properties: {netns: "${lnp-released}", addresses: [10.0.0.1/24]}}\n';
  writeFileSync(join(project, "Pulumi.yaml"), `name: released\nruntime: yaml\nresources:\n${netns}${bridge}`);
  const before = await snapshot([], sandbox.enterArgv);
  const stack = new Stack(project, "test", {}, sandbox.enterArgv);
  const archive = join(release, `pulumi-resource-localnet-v${version}-linux-amd64.tar.gz`);
  await stack.pulumi(["plugin", "install", "resource", "localnet", version, "--file", archive]);
  await stack.init();
  expect(changes((await stack.up()).text)).toEqual({ created: 3 });
  await stack.unchanged();
  await stack.destroy();
  expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
  stack.removeState();
});
