import type { Values } from "../../../provider/src/core/check";
import { check } from "../../../provider/src/core/check";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { bridge } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { lack } from "../support/features";
import { readRootQdisc } from "../support/qdiscs";
import { hostUrl, settings, World } from "../support/world";

const reason = lack("netem");
beyond("Impairment: the root discipline of a link", () => {
  const world = new World();
  const netns = world.netns("a");
  const name = world.name("br");
  const tc = (words: string) => world.script(netns, `tc qdisc ${words}`);
  const inputs = (values: Values = {}): Values =>
    check(bridge, { name, netns, ...values, owner: world.owner, ...(hostUrl && { host: hostUrl }) }).inputs;
  const impaired = inputs({ impairment: { delayMs: 5.55 } });
  beforeEach(() => world.build());
  afterEach(async () => expect(await world.cleanUp()).toEqual([]));

  (reason ? test.skip : test)(`that somebody else chose is left alone${reason ? ` (${reason})` : ""}`, async () => {
    const { id, outputs } = await create(bridge, inputs(), settings);
    for (const foreign of ["netem delay 7ms", "htb default 1", "tbf rate 1mbit burst 32k latency 10ms"]) {
      await tc(`add dev ${name} root handle 5: ${foreign}`);
      const before = await readRootQdisc(world, netns, name);
      const error = await failure(() => update(bridge, id, outputs, impaired, settings));
      expect(error).toMatchObject({ code: "LN_EXISTS", hint: expect.stringContaining(`qdisc del dev ${name} root`) });
      await update(bridge, id, outputs, inputs({ ageingTime: 100 }), settings);
      expect(await readRootQdisc(world, netns, name)).toBe(before);
      await tc(`del dev ${name} root`);
    }
    await remove(bridge, id, outputs, settings);
  });

  (reason ? test.skip : test)("of a run that crashed before it recorded it, is ours", async () => {
    const { id, outputs } = await create(bridge, inputs(), settings);
    await update(bridge, id, outputs, impaired, settings);
    const other = inputs({ impairment: { delayMs: 1.6 } });
    await update(bridge, id, outputs, other, settings);
    expect(await readRootQdisc(world, netns, name)).toBe("qdisc netem 157: root limit 1000 delay 1.6ms");
    await remove(bridge, id, outputs, settings);
  });

  (reason ? test.skip : test)("leaves a link without a queue as it is", async () => {
    const { id, outputs } = await create(bridge, { ...impaired, txQueueLength: 0 }, settings);
    const [link] = JSON.parse(await world.run("ip", "-n", netns, "-j", "link", "show", "dev", name));
    expect(link.txqlen ?? 0).toBe(0);
    await remove(bridge, id, outputs, settings);
  });

  if (reason)
    test("on a kernel without netem is an error that names the module", async () => {
      const error = await failure(() => create(bridge, impaired, settings));
      expect(error).toMatchObject({ code: "LN_KERNEL", hint: expect.stringContaining("modprobe sch_netem") });
      await remove(bridge, bridge.id(impaired as never), impaired, settings);
    });
});
