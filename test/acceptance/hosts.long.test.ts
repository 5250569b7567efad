import { readFileSync } from "node:fs";
import { run, Stack, vm } from "./engine";
import { dynamic, native } from "./providers";

const fixture = "test/fixtures/hosts";
const { host, exec } = vm();
const sshConfig = process.env.LOCALNET_SSH_CONFIG ?? "";
const there = async () => namespaces((await exec(["ip", "netns", "list"])).stdout);
const here = async () => namespaces((await run(["ip", "netns", "list"])).stdout);

/** The hosts of this test. It has no sandbox, since the machine cannot be reached from there. */
function namespaces(text: string): string[] {
  return [...text.matchAll(/^lnhosts-(\w+)/gm)].map(([, name]) => name ?? "").sort();
}

describe.each([dynamic(fixture), native(fixture)])("%s", (_, project) => {
  const explicit = new Stack(project, "explicit", { LOCALNET_SSH_CONFIG: "" });
  const stack = new Stack(project, "plain", { LOCALNET_SSH_CONFIG: sshConfig });
  afterAll(async () => {
    await explicit.dispose();
    await stack.dispose();
  });

  test("a resource is on the host of its provider, whose ssh configuration may be a text", async () => {
    await explicit.init({ explicit: "true", host, sshConfig: readFileSync(sshConfig, "utf8") });
    await explicit.up();
    expect([await there(), await here()]).toEqual([["list", "map"], []]);
    expect(await explicit.outputs()).toEqual({ exists: true });
    await explicit.unchanged();
  });

  test("another host of the provider replaces its resources", async () => {
    await explicit.unset("host");
    expect((await explicit.preview()).text).toMatch(/lnhosts-list +replace\b/);
    await explicit.up();
    expect([await there(), await here()]).toEqual([[], ["list", "map"]]);
    await explicit.destroy();
    expect(await here()).toEqual([]);
  });

  test("the environment names the host if nothing else does, and destroy does not need it", async () => {
    await stack.init();
    stack.env.LOCALNET_HOST = host;
    await stack.up();
    expect([await there(), await here()]).toEqual([["none"], []]);
    await stack.unchanged();
    delete stack.env.LOCALNET_HOST;
    await stack.destroy();
    expect(await there()).toEqual([]);
  });

  test("a wrong value in the environment is named by its variable", async () => {
    stack.env.LOCALNET_SUDO = "perhaps";
    expect((await stack.up(1)).text).toContain("LOCALNET_SUDO in the environment: must be true or false");
  });
});
