import { join } from "node:path";
import { changes, root, type Snapshot, Stack, snapshot, vm } from "./engine";

interface Planned {
  type: string;
  urn: string;
  dependencies?: string[];
  deletedWith?: string;
}

const { host, ssh, exec } = vm();
const stack = new Stack(join(root, "examples/ipvs-lab-yaml"));
let before: Snapshot;

beforeAll(async () => {
  before = await snapshot(ssh);
  await stack.init({ "localnet:host": host });
});
afterAll(() => stack.dispose());

const nameOf = (urn: string) => urn.split("::").pop() ?? "";

/** The resources of a preview, each with its dependencies. */
async function planned(of: Stack): Promise<Record<string, { after: string[]; deletedWith: string }>> {
  const { stdout } = await of.pulumi(["preview", "--json", ...of.target]);
  const steps = JSON.parse(stdout).steps as { newState?: Planned }[];
  const resources = steps
    .flatMap(({ newState }) => newState ?? [])
    .filter(({ type }) => /:localnet:|^localnet:/.test(type));
  return Object.fromEntries(
    resources.map(({ type, urn, dependencies = [], deletedWith = "" }) => [
      `${type.split(":").pop()} ${nameOf(urn)}`,
      { after: dependencies.map(nameOf).sort(), deletedWith: nameOf(deletedWith) },
    ]),
  );
}

test("it is the lab of examples/ipvs-lab: the same resources with the same dependencies", async () => {
  const typescript = new Stack(root);
  await typescript.init({ "localnet:host": host });
  const lab = await planned(typescript);
  typescript.removeState();
  expect(Object.keys(lab)).toHaveLength(26);
  expect(await planned(stack)).toEqual(lab);
});

test("a preview changes nothing, and has no warnings", async () => {
  const { text } = await stack.preview();
  expect(text).toContain("27 to create");
  expect(text).not.toMatch(/warning/i);
  expect(await snapshot(ssh)).toEqual(before);
});

test("up makes it, and each pod reaches both pods through the service", async () => {
  expect(changes((await stack.up()).text)).toEqual({ created: 27 });
  const once = { foo: 1 };
  const both = { bar: expect.any(Number), foo: expect.any(Number) };
  expect(await stack.outputs()).toEqual({
    "host: GET http://172.22.0.2:8080": once,
    "bar: GET http://172.22.0.2:8080": once,
    "foo: 4 x GET http://172.23.0.1:8080": both,
    "bar: 4 x GET http://172.23.0.1:8080": both,
  });
  await stack.unchanged();
});

test("a plain preview shows what was removed from outside, and a plain up makes it again", async () => {
  for (const argv of [
    ["ip", "link", "del", "veth_foo"],
    ["iptables", "-D", "FORWARD", "1"],
    ["ipvsadm", "-d", "-t", "172.23.0.1:8080", "-r", "172.22.0.2:8080"],
  ])
    expect(await exec(argv)).toMatchObject({ code: 0 });
  // The route over a link is removed with the link.
  expect((await stack.preview()).text).toMatch(/4 to create\n.*23 unchanged/);
  expect(changes((await stack.up()).text)).toMatchObject({ created: 4 });
  await stack.unchanged();

  const answers = new Set<string>();
  for (let i = 0; i < 4; i++)
    answers.add((await exec(["ip", "netns", "exec", "foo", "curl", "-s", "-m", "5", "172.23.0.1:8080"])).stdout);
  expect([...answers].sort()).toEqual(["bar", "foo"]);
});

test("destroy leaves the host as it was", async () => {
  await stack.destroy();
  expect(await snapshot(ssh)).toEqual(before);
});
