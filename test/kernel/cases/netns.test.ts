import { findImportable } from "../../../provider/src/core/import";
import { claim, readClaim, readShares } from "../../../provider/src/core/ledger";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { netns as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { netnsCase } from "../support/netns-case";
import { failing, inPlaceOf, type Strike } from "../support/strike";
import { hostUrl, settings, testHost, World } from "../support/world";

contract("a namespace", (world) => netnsCase(world));

beyond("Netns: with a process in it", () => {
  const world = new World();
  const name = world.netns("p");
  const inputs = { name, owner: world.owner, adopt: true, ...(hostUrl && { host: hostUrl }) };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("delete refuses and names the process, since the kernel would keep the namespace, hidden", async () => {
    const { id, outputs } = await create(kind, inputs, settings);
    await world.script(name, "sleep 600 >/dev/null 2>&1 </dev/null & exit 0");
    const pid = (await world.run("ip", "netns", "pids", name)).trim();
    const error = await failure(() => remove(kind, id, outputs, settings));
    expect(error).toMatchObject({ code: "LN_BUSY" });
    expect(error.message).toContain(pid);
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    // Delete waits for a process that is ending.
    await world.script(undefined, `(sleep 8; kill ${pid}) > /dev/null 2>&1 &`);
    await remove(kind, id, outputs, settings);
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
  });
});

beyond("Netns: made by hand, with its loopback down", () => {
  const world = new World();
  const name = world.netns("d");
  const elsewhere = { ...settings, host: hostUrl };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));
  const remake = async () => {
    await world.run("ip", "netns", "del", name);
    await world.run("ip", "netns", "add", name);
  };

  test("an import takes it as it is, and adopt takes the program's value", async () => {
    await remake();
    const importable = await findImportable(kind, name, world.owner, elsewhere);
    expect(importable?.inputs).toMatchObject({ loopback: false });
    const { outputs } = await create(kind, { name, owner: world.owner, adopt: true }, elsewhere);
    expect(outputs).toMatchObject({ loopback: true });
    await remake();
  });
});

beyond("Netns: a create that fails half-way", () => {
  const world = new World();
  const name = world.name("h");
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  const failsToMark: Strike = (call) =>
    JSON.stringify([call.argv, call.options]).includes("alias") ? failing(call.number)(call) : undefined;
  const failsAfterwards: Strike = (call) => {
    const isAdd = call.argv.join(" ").endsWith(`netns add ${name}`);
    return isAdd ? call.host.run(call.argv, call.options).then(() => failing(call.number)(call)) : undefined;
  };

  test.each([
    ["its mark", true, failsToMark],
    ["its mark", false, failsToMark],
    ["what has made it", true, failsAfterwards],
  ])("after %s failed with loopback %s, nothing is left that is not in the state", async (_, loopback, strike) => {
    const wanted = { name, loopback, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
    const { error } = await inPlaceOf(strike, () => create(kind, wanted, settings));
    expect(error?.message).toContain("No buffer space");
    expect((await world.run("ls", "/run/netns")).split("\n")).not.toContain(name);
    expect(await readShares(testHost(), { netns: undefined, what: `Netns ${name}` })).toEqual([]);
  });
});

beyond("Netns: two creates of one name at the same time", () => {
  const world = new World();
  const name = world.name("t");
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("one of them makes it, with its entries of the ledger; the other fails, and leaves nothing", async () => {
    const owners = ["one", "two"].map((each) => `${world.owner}/${each}`);
    const creates = owners.map((owner) => create(kind, { name, owner, ...(hostUrl && { host: hostUrl }) }, settings));
    const results = await Promise.allSettled(creates);
    const made = results.filter((each) => each.status === "fulfilled");
    expect(made).toHaveLength(1);
    expect(results).toContainEqual({ status: "rejected", reason: expect.objectContaining({ code: "LN_EXISTS" }) });
    const { id, outputs } = made[0]?.value ?? { id: "", outputs: {} };
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    const place = { netns: name, what: "Route 10.0.0.0/8" };
    await claim(testHost(), place, world.owner);
    const late = create(kind, { name, owner: owners[1], ...(hostUrl && { host: hostUrl }) }, settings);
    await late.catch(() => undefined);
    expect(await readClaim(testHost(), place)).toBeDefined();
    await remove(kind, id, outputs, settings);
  });
});

everyInput(kind, ["files", "pid"]);
everyDrift(kind, { files: "in netns-files.test.ts" });
