import { check, type Values } from "../../../provider/src/core/check";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { qdisc as kind } from "../../../provider/src/kinds";
import { qdiscObjects } from "../../../provider/src/tools/objects/traffic";
import { beyond, failure } from "../support/contract";
import { plumb, readQdisc } from "../support/qdiscs";
import { hostUrl, settings, testHost, World } from "../support/world";

beyond("Qdisc: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const inputs = (values: Values) =>
    check(kind, { device: "d0", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("rates and bursts that the kernel rounds are accepted, and a second update changes nothing", async () => {
    for (const tbf of [
      { rateKbit: 1_000_000, burstBytes: 10_000, latencyMs: 0.5 },
      { rateKbit: 100_000_000, burstBytes: 12_345_678, latencyMs: 50 },
      { rateKbit: 7, burstBytes: 1601, latencyMs: 33.33 },
    ]) {
      const { id, outputs } = await create(kind, inputs({ kind: "tbf", tbf }), settings);
      expect(await update(kind, id, outputs, inputs({ kind: "tbf", tbf }), settings)).toEqual(outputs);
      await remove(kind, id, outputs, settings);
    }
  });

  test("a discipline of another kind in its place is left alone", async () => {
    const { id, outputs } = await create(kind, inputs({ kind: "htb" }), settings);
    await world.script(netns, "tc qdisc replace dev d0 root handle 5: pfifo");
    const error = await failure(() => update(kind, id, outputs, inputs({ kind: "htb", htb: {} }), settings));
    expect(error.code).toBe("LN_EXISTS");
    await remove(kind, id, outputs, settings);
    expect(await readQdisc(world, netns, "d0")).toMatchObject({ words: expect.stringContaining("pfifo 5:") });
    await world.script(netns, "tc qdisc del dev d0 root");
  });

  test("a link without a queue stays without one, although the kernel gives it one with the first discipline", async () => {
    await world.run("ip", "-n", netns, "link", "set", "dev", "d0", "txqueuelen", "0");
    const { id, outputs } = await create(kind, inputs({ kind: "htb" }), settings);
    const [link] = JSON.parse(await world.run("ip", "-n", netns, "-j", "link", "show", "dev", "d0"));
    expect(link.txqlen ?? 0).toBe(0);
    await remove(kind, id, outputs, settings);
  });

  const tbf = { rateKbit: 8, burstBytes: 1600, latencyMs: 50 };
  test.each<[Values, string, string]>([
    [{ kind: "tbf" }, "tbf", "must be given for kind tbf"],
    [{ kind: "tbf", tbf: { rateKbit: 8, latencyMs: 1 } }, "tbf.burstBytes", "must be a whole number"],
    [{ kind: "tbf", tbf, htb: {} }, "htb", "must not be given for kind tbf"],
    [
      { kind: "tbf", tbf: { ...tbf, burstBytes: 4_000_000 } },
      "tbf.burstBytes",
      "must be at most the bytes that are sent in 270",
    ],
    [{ kind: "ingress", parent: "1:1" }, "parent", "must not be given for kind ingress"],
    [{ kind: "clsact", handle: "1:" }, "handle", "must not be given for kind clsact"],
    [{ kind: "tbf", tbf, parent: "1:1" }, "handle", "must be given, and differ"],
    [{ kind: "htb", handle: "157:" }, "handle", "must not be 157:"],
    [{ kind: "htb", htb: { classes: [{ classid: "2:1", rateKbit: 1 }] } }, "htb.classes", "must have 1: before"],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", parent: "1:2", rateKbit: 1 }] } },
      "htb.classes",
      "must have the parent 1:2",
    ],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", parent: "1:1", rateKbit: 1 }] } },
      "htb.classes",
      "must not have a class above itself",
    ],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", rateKbit: 2, ceilKbit: 1 }] } },
      "htb.classes",
      "must not have a ceilKbit below",
    ],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", rateKbit: 1_000_001 }] } },
      "htb.classes.0.rateKbit",
      "must be a multiple of 1000",
    ],
    [{ kind: "prio", prio: { bands: 2 } }, "prio.priomap", "must name bands below"],
    [{ kind: "netem", netem: { jitterMs: 2 } }, "netem.jitterMs", "needs delayMs"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { device: "d0", owner: world.owner, ...values });
    expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});

beyond("Qdisc: with a shared block of filters", () => {
  const world = new World();
  const netns = world.netns("b");
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("it is left out of the list, with the reason", async () => {
    await world.script(netns, "ip link add d0 type veth peer name d1; tc qdisc add dev d0 ingress_block 7 ingress");
    expect(await kind.imports?.list?.(testHost(), netns)).toEqual([]);
    const objects = await qdiscObjects.read(testHost(), netns);
    expect(objects).toContainEqual({
      what: "qdisc ingress dev d0",
      why: expect.stringContaining("block"),
      coveredBy: [],
    });
    const inputs = { device: "d0", netns, kind: "ingress", owner: world.owner, ...(hostUrl && { host: hostUrl }) };
    expect(await failure(() => create(kind, { ...inputs, adopt: true }, settings))).toMatchObject({
      code: "LN_EXISTS",
    });
  });
});
