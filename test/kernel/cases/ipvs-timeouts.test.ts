import type { Values } from "../../../provider/src/core/check";
import { check } from "../../../provider/src/core/check";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { ipvsTimeouts as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { hostUrl, settings, World } from "../support/world";

const initial = "900 120 300";

contract("of a namespace", (world) => {
  const netns = world.netns("a");
  const set = (...seconds: string[]) => world.runIn(netns, "ipvsadm", "--set", ...seconds);
  return {
    kind,
    needs: "ipvs",
    alwaysThere: true,
    inputs: { netns, tcp: 60 },
    async actual() {
      const now = await timeouts(world, netns);
      return now === initial ? undefined : { now };
    },
    expected: ({ tcp = 900, tcpFin = 120, udp = 300 }: Values) => ({ now: `${tcp} ${tcpFin} ${udp}` }),
    updates: [
      { what: "after FIN", change: { tcpFin: 10 } },
      { what: "udp, and tcp as the kernel has it", change: { udp: 2_147_483, tcp: undefined } },
      { what: "all", change: { tcp: 1, tcpFin: 2, udp: 3 } },
    ],
    replaces: { netns: "other" },
    drifts: [
      { what: "tcp", input: "tcp", by: () => set("7", "0", "0") },
      { what: "after FIN", input: "tcpFin", by: () => set("0", "7", "0") },
      { what: "udp", input: "udp", by: () => set("0", "0", "7") },
    ],
    ignores: [{ what: "a service", by: () => world.runIn(netns, "ipvsadm", "-A", "-t", "10.9.0.1:80", "-s", "rr") }],
    vanish: { none: "a namespace always has timeouts" },
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "they have no owner; delete puts the former values back" },
    faults: {
      tool: "ipvsadm",
      obstacle: { none: "timeouts are never busy" },
    },
  };
});

const reason = lack("ipvs");
(reason ? describe.skip : beyond)(`IpvsTimeouts: beyond the contract${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("p");
  const inputs = (values: Values = {}) =>
    check(kind, { tcp: 60, netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("the former values are put back by the last of two stacks with the same values, and by a stack that changed its own", async () => {
    await world.runIn(netns, "ipvsadm", "--set", "100", "20", "30");
    const one = await create(kind, inputs(), settings);
    const two = await create(kind, inputs({ owner: `lnt/other/${world.tag}` }), settings);
    const other = inputs({ tcp: 61, owner: `lnt/third/${world.tag}` });
    expect(await failure(() => create(kind, other, settings))).toMatchObject({ code: "LN_EXISTS" });
    await remove(kind, one.id, one.outputs, settings);
    expect(await timeouts(world, netns)).toBe("60 120 300");
    const after = await update(
      kind,
      two.id,
      two.outputs,
      { ...inputs({ udp: 9 }), owner: two.outputs.owner },
      settings,
    );
    await remove(kind, two.id, after, settings);
    expect(await timeouts(world, netns)).toBe("100 20 30");
  });
});

async function timeouts(world: World, netns: string): Promise<string | undefined> {
  return /: (\d+ \d+ \d+)$/m.exec(await world.runIn(netns, "ipvsadm", "-L", "--timeout"))?.[1];
}
