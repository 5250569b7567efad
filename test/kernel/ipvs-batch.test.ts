import { changeService, readService } from "../../provider/src/tools/ipvsadm-batch";
import type { ServiceKey } from "../../provider/src/tools/ipvsadm-service";
import { lack } from "./support/features";
import { testHost, World } from "./support/world";

const reason = lack("ipvs");

(reason ? describe.skip : describe)(`commands of ipvsadm that share a process${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("b");
  const host = testHost();
  const addresses = ["10.9.0.1", "10.9.0.2", "10.9.0.3", "fd09::4"];
  const keys = addresses.map((address): ServiceKey => ({ protocol: "tcp", address, port: 80 }));
  const ends = ["10.9.0.1:80", "10.9.0.2:80", "10.9.0.3:80", "[fd09::4]:80"];
  const settled = (commands: string[][]) =>
    Promise.allSettled(commands.map((command) => changeService(host, netns, command)));
  const there = async () => (await Promise.all(keys.map((key) => readService(host, netns, key)))).map(Boolean);
  let run: jest.SpyInstance;

  beforeAll(() => world.build());
  beforeEach(() => {
    run = jest.spyOn(host, "run");
  });
  afterEach(() => run.mockRestore());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("changes at the same time take one process", async () => {
    const all = await settled(ends.map((end) => ["-A", "-t", end, "-s", "rr"]));
    expect(all.map(({ status }) => status)).toEqual(ends.map(() => "fulfilled"));
    expect(run).toHaveBeenCalledTimes(1);
    expect(await there()).toEqual([true, true, true, true]);
  });

  test("services that are read at the same time take one process, and each has its own backends", async () => {
    await settled(ends.slice(0, 3).map((end, index) => ["-a", "-t", end, "-r", `10.8.0.${index}:8080`, "-m"]));
    run.mockClear();
    const services = await Promise.all(keys.map((key) => readService(host, netns, key)));
    expect(run).toHaveBeenCalledTimes(1);
    expect(services.map((service) => service?.backends.map(({ address }) => address))).toEqual([
      ["10.8.0.0"],
      ["10.8.0.1"],
      ["10.8.0.2"],
      [],
    ]);
  });

  test("one that fails is told with its own command, and the others are done", async () => {
    const [first = "", second = "", , last = ""] = ends;
    const [gone, again, changed] = await settled([
      ["-D", "-t", first],
      ["-A", "-t", second, "-s", "rr"],
      ["-E", "-t", last, "-s", "wrr"],
    ]);
    expect(gone?.status).toBe("fulfilled");
    expect(again).toMatchObject({ reason: { command: { argv: expect.arrayContaining(["-A", second]) } } });
    expect(changed?.status).toBe("fulfilled");
    expect(await there()).toEqual([false, true, true, true]);
    expect((await readService(host, netns, keys[3] as ServiceKey))?.scheduler).toBe("wrr");
  });

  test("a mistake in one leaves none of the others undone, or done twice", async () => {
    const [first = "", second = "", third = ""] = ends;
    const [wrong, ...others] = await settled([
      ["-A", "-t", first, "-s", "rrr"],
      ["-D", "-t", second],
      ["-D", "-t", third],
    ]);
    expect(wrong?.status).toBe("rejected");
    expect(others.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await there()).toEqual([false, false, false, true]);
  });

  test("what does not exist is none, wherever it stands among the others", async () => {
    expect(await there()).toEqual([false, false, false, true]);
    const [only = keys[0], ...absent] = keys.toReversed();
    const services = await Promise.all([...absent, only as ServiceKey].map((key) => readService(host, netns, key)));
    expect(services.map((service) => service?.scheduler)).toEqual([undefined, undefined, undefined, "wrr"]);
  });
});
