import type { Values } from "../../provider/src/core/check";
import { findImportable } from "../../provider/src/core/import";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { process as kind } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { eventually, hostUrl, settings, World } from "./support/world";

const world = new World();
const netns = world.netns("u");
let count = 0;

function inputs(user: string | undefined, more: Values = {}): Values {
  count += 1;
  const host = hostUrl && { host: hostUrl };
  return {
    command: ["sleep", "600"],
    netns,
    ready: { exec: ["true"] },
    user,
    owner: `${world.owner}/${count}`,
    ...host,
    ...more,
  };
}

const idsOf = async (pid: unknown) =>
  world.script(
    undefined,
    `ps -o euser=,ruser=,egroup= -p ${pid} | tr -s ' '; grep -E '^(Groups|CapEff)' /proc/${pid}/status`,
  );

const nobody = "nobody nobody nogroup\nGroups:\t65534 \nCapEff:\t0000000000000000\n";

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test.each(["nobody", "65534"])(
  "a process runs as user %s, with that user's group and no rights of the provider's",
  async (user) => {
    const given = inputs(user, { command: ["sh", "-c", "id -un; exec sleep 600"] });
    const { id, outputs } = await create(kind, given, settings);
    expect(await idsOf(outputs.pid)).toBe(nobody);
    await eventually(async () => (await world.run("cat", String(outputs.log))) === "nobody\n");
    expect((await world.run("stat", "-c", "%a %U", String(outputs.log))).trim()).toBe("600 root");
    expect(await read(kind, id, outputs, settings, given)).toMatchObject({ outputs: { pid: outputs.pid } });
    await remove(kind, id, outputs, settings);
    expect((await world.try("ls", `/proc/${outputs.pid}`)).exitCode).not.toBe(0);
  },
);

test.each([
  ["nobody", "daemon", "daemon"],
  ["nobody", undefined, "root"],
  [undefined, "nobody", "nobody"],
])("after a crash as user %s, the next run as %s leaves no process behind", async (before, after, expected) => {
  const given = inputs(before);
  const first = await create(kind, given, settings);
  const { outputs } = await create(kind, { ...given, user: after }, settings);
  expect(outputs.pid).not.toBe(first.outputs.pid);
  expect(await idsOf(outputs.pid)).toContain(`${expected} ${expected} `);
  expect((await world.try("ls", `/proc/${first.outputs.pid}`)).exitCode).not.toBe(0);
  await remove(kind, first.id, outputs, settings);
});

test("a process of another user is imported with that user", async () => {
  const given = inputs("nobody");
  const { id, outputs } = await create(kind, given, settings);
  const imported = await findImportable(kind, `${outputs.pid}@${netns}`, String(given.owner), settings);
  expect(imported?.inputs).toMatchObject({ user: "nobody", command: ["sleep", "600"] });
  await remove(kind, id, outputs, settings);
});

test("a user that does not exist on the host is refused by name, and nothing is started", async () => {
  expect(await failure(() => create(kind, inputs("no-such-user"), settings))).toMatchObject({
    code: "LN_INPUT",
    message: expect.stringMatching(/user: this host has no user no-such-user/),
  });
  expect(await world.run("ip", "netns", "pids", netns)).toBe("");
});

test("the error for a program that the user may not run says that it is about the user's rights", async () => {
  const path = `/tmp/${world.name("private")}`;
  world.finally(() => world.run("rm", "-f", path));
  await world.script(undefined, `install -m 700 /bin/true ${path}`);
  expect(await failure(() => create(kind, inputs("nobody", { command: [path] }), settings))).toMatchObject({
    message: expect.stringMatching(/failed to execute .*Permission denied/),
    hint: expect.stringMatching(/chmod \+x/),
  });
});
