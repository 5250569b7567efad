import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Values } from "../../provider/src/core/check";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { process as kind, netns as netnsKind } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { eventually, hostUrl, settings, World } from "./support/world";

const world = new World();
const netns = world.netns("p");
let count = 0;

/** The inputs of a process, with an owner of its own. */
function inputs(command: string[]): Values {
  count += 1;
  return { command, netns, owner: `${world.owner}/${count}`, ...(hostUrl && { host: hostUrl }) };
}

const alive = async () => (await world.run("ip", "netns", "pids", netns)).split("\n").filter(Boolean);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
afterEach(async () => expect(await alive()).toEqual([]));

/** Starts processes in the namespace until one has this pid. */
async function recycle(pid: number): Promise<void> {
  const next = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; sleep 600 & [ $! = ${pid} ] || { kill $!; exit 1; }`;
  // Without output, since the command would not end before all that hold its output.
  const script = `for i in $(seq 200); do sh -c '${next}' > /dev/null 2>&1 && exit 0; done; exit 1`;
  await world.script(netns, script);
}

test("a process that got the pid of one that ended is not mistaken for it, and not signalled", async () => {
  const { id, outputs } = await create(kind, inputs(["sleep", "600"]), settings);
  const pid = Number(outputs.pid);
  await world.run("kill", "-KILL", String(pid));
  await eventually(async () => (await alive()).length === 0);
  await recycle(pid);
  expect(await alive()).toEqual([String(pid)]);
  expect(await read(kind, id, outputs, settings)).toBeUndefined();
  await remove(kind, id, outputs, settings);
  expect(await alive()).toEqual([String(pid)]);
  await world.run("kill", String(pid));
  await eventually(async () => (await alive()).length === 0);
});

test("it goes on when the provider is killed with its process group, and a create without a state finds it", async () => {
  const args = inputs(["sleep", "600"]);
  const program =
    'require("pulumi-localnet/provider")("Process").create(JSON.parse(process.argv[1])).then(({ outs }) => console.log(JSON.stringify(outs))); setInterval(() => {}, 1000)';
  const provider = spawn(process.execPath, ["-e", program, JSON.stringify(args)], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const [text] = await once(provider.stdout, "data");
  process.kill(-Number(provider.pid), "SIGKILL");
  await once(provider, "exit");
  const { pid, startTime } = JSON.parse(String(text));
  expect(await alive()).toEqual([String(pid)]);
  const again = await create(kind, args, settings);
  expect(again.outputs).toMatchObject({ pid, startTime });
  expect(await alive()).toEqual([String(pid)]);
  await remove(kind, again.id, again.outputs, settings);
});

test("a child that started its own session is ended too", async () => {
  const script = "(setsid sleep 601 &); exec sleep 600";
  const { id, outputs } = await create(kind, inputs(["sh", "-c", script]), settings);
  await eventually(async () => (await alive()).length === 2);
  await remove(kind, id, outputs, settings);
});

test("a process that cleared its environment is still recognized by its pid and start time, and ended", async () => {
  const script = "sleep 3; exec env -i sleep 600";
  const { id, outputs } = await create(kind, inputs(["sh", "-c", script]), settings);
  const words = async () => (await world.try("cat", `/proc/${outputs.pid}/environ`)).stdout;
  await eventually(async () => (await words()) === "", 30);
  expect(await read(kind, id, outputs, settings)).toMatchObject({ outputs });
  await remove(kind, id, outputs, settings);
});

test("a child that also cleared its environment is not ended: it is named when the namespace is deleted", async () => {
  const other = world.netns("q");
  const owner = `${world.owner}/q`;
  const place = { name: other, owner, ...(hostUrl && { host: hostUrl }) };
  const space = await create(netnsKind, place, settings);
  const script = "(env -i setsid sleep 601 &); exec sleep 600";
  const { id, outputs } = await create(kind, { ...inputs(["sh", "-c", script]), netns: other }, settings);
  const pids = async () => (await world.run("ip", "netns", "pids", other)).split("\n").filter(Boolean);
  await eventually(async () => (await pids()).length === 2);
  await remove(kind, id, outputs, settings);
  const [left = "", ...more] = await pids();
  expect(more).toEqual([]);
  const error = await failure(() => remove(netnsKind, space.id, space.outputs, settings));
  expect(error).toMatchObject({ code: "LN_BUSY" });
  expect(error.message).toContain(left);
  await world.run("kill", left);
  await eventually(async () => (await pids()).length === 0);
  await remove(netnsKind, space.id, space.outputs, settings);
});
