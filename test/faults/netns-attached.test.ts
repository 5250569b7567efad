import { readShares } from "../../provider/src/core/ledger";
import { netns as kind } from "../../provider/src/kinds";
import { Engine } from "../kernel/support/engine";
import { onlyReads } from "../kernel/support/reading";
import { dying, failing, hanging, inPlaceOf, type Op, type Strike } from "../kernel/support/strike";
import { hostUrl, testHost, World } from "../kernel/support/world";

// A namespace of another program is attached under a name. A fault must not harm it, and must leave no name.
describe("Netns: of a running process", () => {
  const world = new World();
  const name = world.name("c");
  const engine = new Engine(kind);
  let pid = 0;
  let before = "";
  const inputs = () => ({ name, pid, owner: world.owner, loopback: true, ...(hostUrl && { host: hostUrl }) });
  const readAddresses = () => world.run("nsenter", `--net=/proc/${pid}/ns/net`, "ip", "-d", "addr", "show");
  const names = async () => (await world.run("ls", "/run/netns")).split("\n");
  const inode = async (path: string) => (await world.run("stat", "-L", "-c", "%i", path)).trim();
  const run = (op: Op) => (op === "create" ? engine.up(inputs()) : engine.destroy());

  beforeAll(async () => {
    await world.build();
    const text = "unshare --net sleep 900 > /dev/null 2>&1 < /dev/null & echo $!; sleep 0.3";
    pid = Number(await world.script(undefined, text));
    before = await readAddresses();
  });
  afterAll(async () => {
    await world.try("ip", "netns", "del", name);
    await world.try("kill", "-9", String(pid));
    expect(await world.cleanUp()).toEqual([]);
  });

  /** The numbers of the commands of an operation that change something. */
  async function changing(op: Op): Promise<number[]> {
    if (op === "delete") await engine.up(inputs());
    const { error, commands } = await inPlaceOf(
      () => undefined,
      () => run(op),
    );
    expect(error).toBeUndefined();
    await engine.destroy();
    return commands.flatMap((argv, index) => (onlyReads(argv) ? [] : [index + 1]));
  }

  /** The next run makes or removes it, and nothing else changes. */
  async function recovers(op: Op): Promise<void> {
    await run(op);
    if (op === "create") {
      expect(await inode(`/run/netns/${name}`)).toBe(await inode(`/proc/${pid}/ns/net`));
      await engine.refresh();
      expect(engine.state).toMatchObject({ name, pid });
      await engine.destroy();
    }
    expect(await names()).not.toContain(name);
    expect(await readShares(testHost(), { netns: undefined, what: `Netns ${name}` })).toEqual([]);
    expect(await readAddresses()).toBe(before);
  }

  const strikes: Record<string, (at: number) => Strike> = { fails: failing, hangs: hanging };
  for (const op of ["create", "delete"] as const) {
    test.each(Object.entries(strikes))(`${op}: a command %s, and the next run converges`, async (_, strike) => {
      const points = await changing(op);
      expect(points.length).toBeGreaterThan(0);
      for (const at of points) {
        if (op === "delete") await engine.up(inputs());
        const { error } = await inPlaceOf(strike(at), () => run(op));
        expect(error?.message).toMatch(/No buffer space|no end within/);
        expect(await readAddresses()).toBe(before);
        await recovers(op);
      }
    });

    test(`${op}: the provider is killed after a command, and the next run converges`, async () => {
      for (const at of await changing(op)) {
        if (op === "delete") await engine.up(inputs());
        await dying(engine, op, inputs(), at, "SIGKILL");
        expect(await readAddresses()).toBe(before);
        await recovers(op);
      }
    });
  }

  test("the process ends meanwhile: the error of create says so, and no name is left", async () => {
    const text = "unshare --net sleep 900 > /dev/null 2>&1 < /dev/null & echo $!; sleep 0.3";
    const other = Number(await world.script(undefined, text));
    const [first = 1] = await changing("create");
    const { error } = await inPlaceOf(
      ({ number, method, host, argv, options }) =>
        number === first
          ? world
              .script(undefined, `kill -9 ${other}; while test -d /proc/${other}; do sleep 0.1; done`)
              .then((): Promise<unknown> => host[method](argv, options))
          : undefined,
      () => engine.up({ ...inputs(), pid: other }),
    );
    expect(error).toBeDefined();
    expect(await names()).not.toContain(name);
    expect(engine.state).toBeUndefined();
  });
});
