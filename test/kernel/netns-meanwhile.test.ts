import { check } from "../../provider/src/core/check";
import { addShare } from "../../provider/src/core/ledger";
import { netns, pod } from "../../provider/src/kinds";
import { creationEntry } from "../../provider/src/kinds/host/namespace";
import { failure } from "./support/contract";
import { Engine } from "./support/engine";
import { hostUrl, testHost, World } from "./support/world";

// A namespace of the same name is made between the read and the command that makes it.

const world = new World();
const name = world.name("m");
const bridge = world.name("b");
const host = testHost();
const { run } = host;

beforeAll(async () => {
  await world.build();
  await world.run("ip", "link", "add", bridge, "type", "bridge");
});
afterEach(async () => {
  host.run = run;
  await world.try("ip", "netns", "del", name);
});
afterAll(async () => {
  await world.try("ip", "link", "del", bridge);
  expect(await world.cleanUp()).toEqual([]);
});

/** Another program's command ends right before ours begins. */
function intrude(): void {
  host.run = async (argv, options) => {
    if (`${argv.join(" ")} ${options?.input}`.includes(`netns add ${name}`)) {
      host.run = run;
      await world.run("ip", "netns", "add", name);
    }
    return run(argv, options);
  };
}

describe.each([
  ["Netns", netns, {}],
  ["Pod", pod, { bridge }],
])("%s", (_type, kind, values) => {
  const owner = `${world.owner}/${kind.type}`;
  const { inputs } = check(kind, { name, owner, ...(hostUrl && { host: hostUrl }), ...values });

  test("by a run of ours that was killed, it is ours", async () => {
    await addShare(host, creationEntry(name), { owner });
    intrude();
    const engine = new Engine(kind);
    await engine.up(inputs);
    expect(await world.run("ip", "-n", name, "link", "show", "dev", "lo")).toContain(`alias localnet:${owner}`);
    await engine.destroy();
    expect((await world.try("ls", `/run/netns/${name}`)).exitCode).not.toBe(0);
  });

  test("by another program, it is theirs", async () => {
    intrude();
    const engine = new Engine(kind);
    expect(await failure(() => engine.up(inputs))).toMatchObject({ code: "LN_EXISTS" });
    expect(await world.run("ip", "-n", name, "link", "show", "dev", "lo")).not.toContain("alias");
    expect((await world.run("ls", `/run/netns/${name}`)).trim()).toBe(`/run/netns/${name}`);
  });
});
