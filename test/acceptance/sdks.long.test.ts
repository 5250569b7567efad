import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./engine";

// The SDKs that Pulumi generates from the schema compile, and take resources like the package's own classes. For Go,
// two-namespaces-go shows that. For Python there is no type checker here, and Debian has no package of Pulumi's SDK.

const directory = mkdtempSync(join(tmpdir(), "localnet-sdks-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function generated(language: string): Promise<string> {
  const generator = process.env.LOCALNET_TEST_GENERATE_SDK;
  if (!generator)
    throw new Error("LOCALNET_TEST_GENERATE_SDK is not set: install Go, and run npm test acceptance-long");
  const target = join(directory, language);
  const result = await run([generator, language, join(root, "provider/schema.json"), target]);
  expect(result).toMatchObject({ code: 0, text: "" });
  return target;
}

const program = (via: string) => `
import { Bridge, Netns, Probe, Route, VethPair } from "./nodejs";

const [router, pod] = [new Netns("router"), new Netns("pod")];
const bridge = new Bridge("br0", { netns: router, addresses: ["10.0.0.1/24"] });
const peer = { name: "eth0", netns: pod, addresses: ["10.0.0.2/24"] };
const veth = new VethPair("veth0", { netns: router, master: bridge, peer });
new Route("default", { netns: pod.name, destination: "default", via: ${via}, device: veth });
new Probe("pod answers", { netns: router, ping: { address: veth } });
`;

test("the SDK for TypeScript compiles README's program, and refuses a resource of the wrong kind", async () => {
  const sdk = await generated("nodejs");
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const compile = (name: string) => {
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "commonjs", "--types", "node"];
    return run([join(root, "node_modules/.bin/tsc"), ...flags, join(directory, name)]);
  };
  writeFileSync(join(directory, "good.ts"), program("bridge"));
  writeFileSync(join(directory, "bad.ts"), program("router"));
  expect(await run([join(root, "node_modules/.bin/tsc"), "--noEmit", "-p", sdk])).toMatchObject({ code: 0, text: "" });
  expect(await compile("good.ts")).toMatchObject({ code: 0, text: "" });
  expect((await compile("bad.ts")).text).toMatch(/^\S*bad.ts\(8,.*Type 'Netns' is not assignable to type/);
});

test("the SDK for Python compiles", async () => {
  const sdk = await generated("python");
  expect(await run(["python3", "-m", "compileall", "-q", sdk])).toMatchObject({ code: 0, text: "" });
});
