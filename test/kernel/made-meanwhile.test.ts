import { check, type Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { claim, readClaim } from "../../provider/src/core/ledger";
import * as kinds from "../../provider/src/kinds";
import { readChain } from "../../provider/src/tools/iptables/iptables";
import { Engine } from "./support/engine";
import { lack } from "./support/features";
import { hostUrl, testHost, World } from "./support/world";

// The command of a run that was killed ends between the look and the command of the next run.

const world = new World();
const netns = world.netns("a");
const host = testHost();
const { run } = host;

beforeAll(async () => {
  await world.build();
  await world.runIn(netns, "ip", "link", "set", "dev", "lo", "up");
});
afterEach(() => {
  host.run = run;
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

/** The first command that makes something is run once more before it. */
function repeat(word: RegExp): void {
  host.run = async (argv, options) => {
    if (word.test(`${argv.join(" ")} ${options?.input}`)) {
      host.run = run;
      await run(argv, options);
    }
    return run(argv, options);
  };
}

const cases: [AnyKind, Values, RegExp][] = [
  [kinds.bridge, { name: "b1", stp: true }, /link add /],
  [kinds.tap, { name: "t1" }, /tuntap add /],
  [kinds.route, { destination: "10.8.0.0/16", type: "blackhole" }, /route add /],
  [kinds.address, { device: "lo", address: "10.8.0.9/24" }, /addr add /],
  [kinds.vethPair, { name: "v1", peer: { name: "w1" } }, /link add /],
  [kinds.iptablesChain, { name: "ONE", table: "nat" }, /-N /],
  [kinds.ipSet, { name: "one", type: "hash:ip", entries: ["10.0.0.1"] }, /create one /],
];

for (const [kind, values, word] of cases) {
  const { type } = kind;
  const reason = kind === kinds.tap ? lack("tap") : undefined;
  const title = `${type}: what a killed run was still making is its own${reason ? ` (${reason})` : ""}`;
  (reason ? test.skip : test)(title, async () => {
    const owner = `${world.owner}/${type}`;
    const { inputs, failures } = check(kind, { netns, owner, ...values, ...(hostUrl && { host: hostUrl }) });
    expect(failures).toEqual([]);
    const engine = new Engine(kind);
    const place = { netns, what: `${type} ${kind.id(inputs as never)}` };
    // The ledger names the owner before the command runs, of a Tap until it has its mark.
    if (kind.unmarked || kind === kinds.tap) await claim(host, place, owner);
    repeat(word);
    await engine.up(inputs);
    expect(engine.state).toMatchObject(values);
    expect((await readClaim(host, place))?.owner).toBe(kind.unmarked ? owner : undefined);
    const { state } = engine;
    await engine.refresh();
    expect(engine.state).toEqual(state);
    await engine.destroy();
  });
}

test("a chain that comes between the two looks for it is no error", async () => {
  const chain = { netns, family: "ipv4", table: "nat", chain: "LATE" } as const;
  host.run = async (argv, options) => {
    const result = run(argv, options);
    if (!/-S LATE$/.test(argv.join(" "))) return result;
    host.run = run;
    await result.catch(() => undefined);
    await world.runIn(netns, "iptables", "-w", "-t", "nat", "-N", "LATE");
    return result;
  };
  expect(await readChain(host, chain)).toMatchObject({ rules: [] });
});
