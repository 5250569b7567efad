import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./engine";
import { bringsUpAndDown } from "./whole-program";

const [, documented = ""] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, "docs/topologies.md"), "utf8")) ?? [];

/** With the native plugin: IPv6, a cut, and several next hops. */
const native = `
import { LeafSpine, Line, Probe } from "pulumi-localnet/native";

const line = new Line("line", { routers: 4, network: "fd00::/120", routes: true, cables: { mtu: 1400 } });
new Probe("along", { netns: line.node("router1"), ping: { address: "fd00::5", size: 1352, dontFragment: true } }, { dependsOn: line });

const fabric = new LeafSpine("fabric", {
  ...{ spines: 3, leaves: 2, network: "10.0.0.0/24", loopbacks: "10.255.0.0/24", routes: true },
  cut: ["leaf1-spine2"],
});
const leaf1 = fabric.node("leaf1");
new Probe("other leaf", { netns: leaf1, ping: { address: "10.255.0.5" } }, { dependsOn: fabric });
const ways = 'ip route show 10.255.0.5 | grep -o "spine[0-9]" | sort | xargs -n 99 echo over';
new Probe("two ways", { netns: leaf1, exec: ["sh", "-c", ways], expectOutput: "over spine1 spine3\\n" }, { dependsOn: fabric });
`;

const plugin = `packages:\n  localnet: ${join(root, "provider/plugin")}\n`;

describe.each([
  ["the program of docs/topologies.md", documented, ""],
  ["the native plugin's", native, plugin],
])("%s", (_, program, settings) => {
  const directory = mkdtempSync(join(tmpdir(), "localnet-topologies-"));
  writeFileSync(join(directory, "index.ts"), program);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "topologies", main: "index.ts" }));
  writeFileSync(join(directory, "Pulumi.yaml"), `name: topologies\nruntime: nodejs\n${settings}`);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  afterAll(() => rmSync(directory, { recursive: true }));

  bringsUpAndDown(() => directory);
});
