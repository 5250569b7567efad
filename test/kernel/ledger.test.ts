import {
  addShare,
  claim,
  eraseClaim,
  eraseNetns,
  eraseShare,
  readClaim,
  readShares,
} from "../../provider/src/core/ledger";
import { withLock } from "../../provider/src/host/lock";
import { withEngine } from "../../provider/src/host/operation";
import { failure } from "./support/contract";
import { testHost, World } from "./support/world";

const world = new World();
const netns = world.netns("l");
const host = testHost();
const place = { netns, what: "Thing one" };
const turnIn = (where: string | undefined, what = "thing") => ({ netns: where, what });
const folder = "/run/pulumi-localnet/owned";

beforeAll(() => world.build());
afterAll(async () => {
  await eraseNetns(host, netns);
  expect(await world.cleanUp()).toEqual([]);
});

function nap(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function there(): Promise<boolean> {
  return (await world.try("find", folder, "-name", `${netns}:*`)).stdout !== "";
}

test("the first claim stays, and the second one is told its owner", async () => {
  expect(await claim(host, place, "a")).toMatchObject({ owner: "a" });
  expect(await claim(host, place, "b")).toMatchObject({ owner: "a" });
  expect(await claim(host, { netns, what: "Thing two" }, "b")).toMatchObject({ owner: "b" });
  await eraseClaim(host, place);
  await eraseClaim(host, place);
  expect(await readClaim(host, place)).toBeUndefined();
  expect(await claim(host, place, "b")).toMatchObject({ owner: "b" });
});

test("many entries that are read or erased at the same time are not mixed up", async () => {
  const places = ["5", "6", "7", "8"].map((what) => ({ netns, what }));
  const read = () => Promise.all(places.map(async (each) => (await readClaim(host, each))?.owner));
  await Promise.all(places.slice(1).map((each) => claim(host, each, `of ${each.what}`)));
  expect(await read()).toEqual([undefined, "of 6", "of 7", "of 8"]);
  await Promise.all(places.slice(0, 3).map((each) => eraseClaim(host, each)));
  expect(await read()).toEqual([undefined, undefined, undefined, "of 8"]);
});

test("if several claim at the same time, one of them gets it", async () => {
  const contested = { netns, what: "Thing three" };
  const owners = await Promise.all(["a", "b", "c", "d"].map((owner) => claim(host, contested, owner)));
  expect(new Set(owners.map(({ owner }) => owner)).size).toBe(1);
});

test("only its user may read the folder", async () => {
  expect((await world.run("stat", "-c", "%a", folder)).trim()).toBe("700");
});

test("several owners share a setting, each with its own entry, and the last entry of an owner counts", async () => {
  const shared = { netns, what: "Thing four" };
  await addShare(host, shared, { owner: "a", before: 'it\'s "old" \\ $x', value: 1 });
  await addShare(host, shared, { owner: "b", before: ["x"] });
  await addShare(host, shared, { owner: "a", before: "old", value: 2 });
  const shares = await readShares(host, shared);
  expect(shares.sort((x, y) => x.owner.localeCompare(y.owner))).toEqual([
    { what: "Thing four", owner: "a", before: "old", value: 2 },
    { what: "Thing four", owner: "b", before: ["x"] },
  ]);
  await eraseShare(host, shared, "a");
  expect(await readShares(host, shared)).toHaveLength(1);
});

test("a share in a namespace does not hold for another namespace that gets its name by hand", async () => {
  const again = world.name("g");
  const shared = { netns: again, what: "Thing nine" };
  world.finally(() => world.try("ip", "netns", "del", again));
  await world.run("ip", "netns", "add", again);
  await addShare(host, shared, { owner: "a", before: "0", value: "1" });
  expect(await readShares(host, shared)).toEqual([{ what: "Thing nine", owner: "a", before: "0", value: "1" }]);
  for (const args of [["del"], ["add"]]) await world.run("ip", "netns", ...args, again);
  expect(await readShares(host, shared)).toEqual([]);
  await addShare(host, shared, { owner: "b", value: "0" });
  expect(await readShares(host, shared)).toEqual([{ what: "Thing nine", owner: "b", value: "0" }]);
  await eraseNetns(host, again);
});

test("many entries that come and go in one namespace do not remove the folder of each other", async () => {
  const comeAndGo = async (what: string) => {
    for (let round = 0; round < 3; round++) {
      expect(await claim(host, { netns, what }, "a")).toMatchObject({ what });
      await eraseClaim(host, { netns, what });
    }
  };
  await eraseNetns(host, netns);
  await Promise.all(["1", "2", "3", "4", "5", "6"].map(comeAndGo));
  expect(await there()).toBe(false);
  await claim(host, place, "a");
});

test("nothing is left when all entries are erased, and a second erase succeeds", async () => {
  expect(await there()).toBe(true);
  await eraseNetns(host, netns);
  await eraseNetns(host, netns);
  expect(await there()).toBe(false);
  expect(await readClaim(host, place)).toBeUndefined();
});

test("locks on one object do not overlap, those on another do, and another namespace does not wait", async () => {
  const events: string[] = [];
  const lockedStep = (name: string, what: string) =>
    withLock(host, turnIn(netns, what), async () => {
      events.push(`${name} begins`);
      await nap(300);
      events.push(`${name} ends`);
    });
  await Promise.all([lockedStep("a", "one"), lockedStep("b", "one"), lockedStep("c", "two")]);
  expect(events.filter((event) => !event.startsWith("c"))).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  expect(events.slice(0, 2).sort()).toEqual(["a begins", "c begins"]);
  const nested = () => withLock(host, turnIn(undefined), async () => "met");
  expect(await withLock(host, turnIn(netns), nested)).toBe("met");
});

test("a program that always has more to do lets others take the lock in between", async () => {
  let more = true;
  const busy = (async () => {
    while (more) await Promise.all([0, 1].map((what) => withLock(host, turnIn(netns, String(what)), () => nap(150))));
  })();
  await nap(500);
  await world.runIn(netns, "flock", "-w", "25", "/proc/self/ns/net", "true");
  more = false;
  await busy;
});

test("a lock waits for another program that has the lock of the namespace", async () => {
  const seconds = 4;
  const holder = world.runIn(netns, "flock", "/proc/self/ns/net", "sleep", String(seconds));
  await nap(1500);
  const began = Date.now();
  const shown: string[] = [];
  const engine = { show: (message: string) => shown.push(message) };
  await withEngine(engine, () => withLock(host, turnIn(netns), async () => undefined));
  expect(Date.now() - began).toBeGreaterThan(300);
  expect(shown).toEqual([`waiting for another program to leave ${netns} alone`]);
  await holder;
});

test("a failure releases the lock, and without a namespace nothing waits", async () => {
  const broken = new Error("broken");
  expect(await failure(() => withLock(host, turnIn(netns), () => Promise.reject(broken)))).toBe(broken);
  expect(await withLock(host, turnIn(netns), async () => 1)).toBe(1);
  expect(await withLock(host, turnIn(world.name("none")), async () => 2)).toBe(2);
});
