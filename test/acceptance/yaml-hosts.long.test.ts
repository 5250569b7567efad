import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changes, root, Stack } from "./engine";
import { SshHosts } from "./ssh-hosts";

// A program in YAML makes its providers like one in TypeScript, and each resource is on the host of its provider.

const program = `
name: yaml-hosts
runtime: yaml
packages:
  localnet: ./node_modules/pulumi-localnet/plugin
config:
  one:
    type: string
  two:
    type: string
resources:
  here:
    type: pulumi:providers:localnet
    properties:
      host: \${one}
  there:
    type: pulumi:providers:localnet
    properties:
      host: \${two}
      prefix: ann-
  pod:
    type: localnet:Netns
    options:
      provider: \${here}
  far:
    type: localnet:Netns
    options:
      provider: \${there}
  br0:
    type: localnet:Bridge
    properties:
      netns: \${far}
      addresses: [10.81.0.1/24]
    options:
      provider: \${there}
`;
const directory = mkdtempSync(join(tmpdir(), "localnet-yaml-"));
let net: SshHosts;

beforeAll(async () => {
  writeFileSync(join(directory, "Pulumi.yaml"), program);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  net = await SshHosts.open(2);
});
afterAll(async () => {
  await net?.close();
  rmSync(directory, { recursive: true, force: true });
});

test("each object is on the host of its provider, with the provider's prefix, and is destroyed", async () => {
  const names = () => Promise.all(net.hosts.map((host) => host.ip("netns", "list")));
  const stack = new Stack(directory, "test", net.env, net.enterArgv);
  await stack.init({ one: net.host(1).url, two: net.host(2).url });
  expect(changes((await stack.up()).text)).toEqual({ created: 6 });
  expect((await names()).map((text) => text.trim())).toEqual([
    expect.stringMatching(/^pod\b/),
    expect.stringMatching(/^ann-far\b/),
  ]);
  expect(await net.host(2).ip("-n", "ann-far", "-br", "link")).toMatch(/^ann-br0 /m);
  await stack.unchanged();
  await stack.destroy();
  expect(await names()).toEqual(["", ""]);
  stack.removeState();
});
