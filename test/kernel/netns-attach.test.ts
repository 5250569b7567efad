import { check, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { readShares } from "../../provider/src/core/ledger";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { netns as kind, vethPair } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { changesOf } from "./support/observing";
import { hostUrl, settings, testHost, World } from "./support/world";

describe("Netns: of a running process", () => {
  const world = new World();
  const name = world.name("c");
  const place = { netns: undefined, what: `Netns ${name}` };
  const to = hostUrl ? { host: hostUrl } : {};
  const inputsOf = (values: Values) => {
    const { inputs, failures } = check(kind, { name, owner: world.owner, ...to, ...values });
    expect(failures).toEqual([]);
    return inputs;
  };
  const pids: number[] = [];
  /** A process with its own network namespace, like the first process of a container. */
  const container = async () => {
    const text = "unshare --net sleep 900 > /dev/null 2>&1 < /dev/null & echo $!; sleep 0.3";
    const pid = Number(await world.script(undefined, text));
    pids.push(pid);
    return pid;
  };
  const end = (pid: number) =>
    world.script(undefined, `kill -9 ${pid}; while test -d /proc/${pid}; do sleep 0.1; done`);
  const names = async () => (await world.run("ls", "/run/netns")).split("\n");
  const inode = async (path: string) => (await world.run("stat", "-L", "-c", "%i", path)).trim();
  afterAll(async () => {
    await world.try("ip", "netns", "del", name);
    for (const pid of pids) await world.try("kill", "-9", String(pid));
    expect(await world.cleanUp()).toEqual([]);
  });

  test("it gets the name and nothing else, and loses only the name", async () => {
    const pid = await container();
    const showLinks = () => world.run("nsenter", `--net=/proc/${pid}/ns/net`, "ip", "-d", "addr", "show");
    const before = await showLinks();
    const inputs = inputsOf({ pid });
    const { id, outputs } = await create(kind, inputs, settings);
    expect(await inode(`/run/netns/${name}`)).toBe(await inode(`/proc/${pid}/ns/net`));
    expect(await showLinks()).toBe(before);
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    const changes = await changesOf({ kind } as never, () => update(kind, id, outputs, inputs, settings));
    expect(changes).toEqual([]);
    // As a run that crashed before it recorded that.
    expect((await create(kind, inputs, settings)).outputs).toEqual(outputs);
    await remove(kind, id, outputs, settings);
    expect(await names()).not.toContain(name);
    expect(await showLinks()).toBe(before);
    expect(await readShares(testHost(), place)).toEqual([]);
    await remove(kind, id, outputs, settings);
    await end(pid);
  });

  test("links can be put into it, and are removed from it", async () => {
    const pid = await container();
    const { id, outputs } = await create(kind, inputsOf({ pid }), settings);
    const pair = {
      ...{ name: world.name("v"), owner: `${world.owner}v`, up: true, ...to },
      peer: { name: "eth0", netns: name, up: true },
    };
    const made = await create(vethPair, check(vethPair, pair).inputs, settings);
    const showLinks = () => world.run("nsenter", `--net=/proc/${pid}/ns/net`, "ip", "-br", "link", "show");
    expect(await showLinks()).toContain("eth0");
    await remove(vethPair, made.id, made.outputs, settings);
    await remove(kind, id, outputs, settings);
    expect(await showLinks()).not.toContain("eth0");
    await end(pid);
  });

  test("refresh shows that the container has ended, and only another pid repairs that", async () => {
    const [pid, next] = [await container(), await container()];
    const { id, outputs } = await create(kind, inputsOf({ pid }), settings);
    await end(pid);
    const refreshed = await read(kind, id, outputs, settings);
    expect(refreshed?.outputs).not.toHaveProperty("pid");
    expect(diff(kind, refreshed?.outputs ?? {}, inputsOf({ pid }))).toEqual({ changes: true, replaces: ["pid"] });
    expect(diff(kind, outputs, inputsOf({ pid: next }))).toEqual({ changes: true, replaces: ["pid"] });
    await remove(kind, id, refreshed?.outputs ?? {}, settings);
    expect(await failure(() => create(kind, inputsOf({ pid }), settings))).toMatchObject({
      code: "LN_PROCESS",
      message: expect.stringContaining(`there is no process ${pid}`),
    });
    expect(await readShares(testHost(), place)).toEqual([]);
    const again = await create(kind, inputsOf({ pid: next }), settings);
    await remove(kind, again.id, again.outputs, settings);
    await end(next);
  });

  test("a pid that another process now has is not used", async () => {
    const pid = await container();
    const { id, outputs } = await create(kind, inputsOf({ pid }), settings);
    await world.run("ip", "netns", "del", name);
    // As if the process that was attached had been started at another time.
    const [entry] = await readShares(testHost(), place);
    const ledger = (await world.run("find", "/run/pulumi-localnet/owned", "-lname", `*Netns ${name}"*`)).trim();
    const forged = { ...(entry?.value as Values), startTime: 1 };
    await world.run("ln", "-sfn", `${JSON.stringify({ ...entry, value: forged })}/${ledger.split("/").pop()}`, ledger);
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
    expect(await failure(() => update(kind, id, outputs, inputsOf({ pid }), settings))).toMatchObject({
      code: "LN_PROCESS",
      message: expect.stringContaining("is not the same process as before"),
    });
    await remove(kind, id, outputs, settings);
    expect(await names()).not.toContain(name);
    await end(pid);
  });

  test("a name by hand is adopted only if it is a name of that namespace", async () => {
    const [pid, other] = [await container(), await container()];
    await world.run("ip", "netns", "attach", name, String(pid));
    expect(await failure(() => create(kind, inputsOf({ pid }), settings))).toMatchObject({ code: "LN_EXISTS" });
    expect(await failure(() => create(kind, inputsOf({ pid: other, adopt: true }), settings))).toMatchObject({
      code: "LN_ADOPT",
    });
    const { id, outputs } = await create(kind, inputsOf({ pid, adopt: true }), settings);
    await remove(kind, id, outputs, settings);
    expect(await names()).not.toContain(name);
    // A namespace of that name that is made meanwhile belongs to another owner.
    await world.run("ip", "netns", "add", name);
    await remove(kind, id, outputs, settings);
    expect(await names()).toContain(name);
    await world.run("ip", "netns", "del", name);
    for (const each of [pid, other]) await end(each);
  });

  test("after a crash, other inputs make a new namespace, and the reverse", async () => {
    const pid = await container();
    await create(kind, inputsOf({ pid }), settings);
    const { id, outputs } = await create(kind, inputsOf({}), settings);
    expect(await inode(`/run/netns/${name}`)).not.toBe(await inode(`/proc/${pid}/ns/net`));
    expect(outputs).toMatchObject({ loopback: true });
    await create(kind, inputsOf({ pid }), settings);
    expect(await inode(`/run/netns/${name}`)).toBe(await inode(`/proc/${pid}/ns/net`));
    await remove(kind, id, outputs, settings);
    expect(await names()).not.toContain(name);
    await end(pid);
  });

  test("the host's own namespace, and a namespace with a name, are refused", async () => {
    const ofHost = Number(await world.script(undefined, "sleep 900 > /dev/null 2>&1 < /dev/null & echo $!"));
    pids.push(ofHost);
    expect(await failure(() => create(kind, inputsOf({ pid: ofHost }), settings))).toMatchObject({
      code: "LN_INPUT",
      message: expect.stringContaining("the host's own"),
    });
    await end(ofHost);
    const pid = await container();
    await world.run("ip", "netns", "attach", `${name}x`, String(pid));
    expect(await failure(() => create(kind, inputsOf({ pid }), settings))).toMatchObject({
      code: "LN_EXISTS",
      message: expect.stringContaining(`has a name already, ${name}x`),
    });
    await world.run("ip", "netns", "del", `${name}x`);
    await end(pid);
    expect(await names()).not.toContain(name);
    expect(await readShares(testHost(), place)).toEqual([]);
  });

  test.each([
    [{ pid: 0 }, "pid: must be 1 to 4194304"],
    [{ pid: 5, loopback: false }, "loopback: must not be given with pid"],
  ])("wrong inputs are refused at preview: %j", (values, reason) => {
    const { failures } = check(kind, { name, owner: world.owner, ...values });
    expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
  });
});
