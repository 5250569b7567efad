import type { Values } from "../../provider/src/core/check";
import { probe as kind } from "../../provider/src/kinds";
import { Engine } from "../kernel/support/engine";
import { faults, note } from "../kernel/support/matrix";
import { failing, hanging, inPlaceOf, type Strike, toolless, unprivileged } from "../kernel/support/strike";
import { World } from "../kernel/support/world";

// A probe makes no object in the kernel. What can go wrong is that its result is false.
describe("Probe: of a web server that answers", () => {
  const world = new World();
  const netns = world.netns("a");
  const engine = new Engine(kind);
  const inputs = (values: Values = {}): Values => ({
    netns,
    owner: world.owner,
    ping: { address: "127.0.0.1" },
    expect: "success",
    count: 1,
    attempts: 1,
    intervalSeconds: 0,
    timeoutSeconds: 1,
    ...values,
  });
  beforeAll(() => world.build());
  beforeEach(() => engine.destroy());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  /** Lets the command of the probe fail or hang. */
  const probing =
    (strike: (at: number) => Strike): Strike =>
    (call) =>
      call.argv.at(-1) === "127.0.0.1" ? strike(call.number)(call) : undefined;

  async function recovers(): Promise<void> {
    await engine.up(inputs());
    expect(engine.state).toMatchObject({ results: { ok: 1, failed: 0 } });
  }

  test("a command fails: the error of create says so, and the next up converges", async () => {
    const { error } = await inPlaceOf(probing(failing), () => engine.up(inputs()));
    expect(error?.message).toContain("[LN_PROBE]");
    expect(engine.state).toBeUndefined();
    await recovers();
  });

  test("a command hangs: the error of create says so, and the next up converges", async () => {
    const { error } = await inPlaceOf(probing(hanging), () => engine.up(inputs()));
    expect(error?.message).toContain("no end within");
    await recovers();
  });

  test("no tool: without ping, the error of create says so", async () => {
    await expect(toolless("ping", kind.type, inputs())).rejects.toThrow("[LN_TOOL]");
    await recovers();
  });

  test.each(["success", "failure"])(
    "no permission: that it may not look is no answer, with %s expected",
    async (expected) => {
      const { error } = await inPlaceOf(unprivileged(), () => engine.up(inputs({ expect: expected })));
      expect(error?.message).toMatch(/not permitted|permission denied/i);
    },
  );

  test.each(["success", "failure"])(
    "removed, then refresh: that its namespace is gone is no answer, with %s expected",
    async (expected) => {
      const { error } = await inPlaceOf(
        () => undefined,
        () => engine.up(inputs({ netns: "lnt-none", expect: expected })),
      );
      expect(error?.message).toMatch(/\[LN_NETNS\]/);
    },
  );

  const nothing = "it makes nothing, so that there is nothing to lose, to leave or to find";
  note({ kind: kind.type, faults });
  for (const fault of faults) {
    const tested = ["a command fails", "a command hangs", "no tool", "no permission", "removed, then refresh"];
    if (!tested.includes(fault)) note({ kind: kind.type, fault, cell: "impossible", why: nothing });
  }
});
