import { check } from "../../../provider/src/core/check";
import { readShares } from "../../../provider/src/core/ledger";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { netns as kind } from "../../../provider/src/kinds";
import { temporaryPathOf } from "../../../provider/src/tools/files";
import { ipAll } from "../../../provider/src/tools/ip/batch";
import { showLink } from "../../../provider/src/tools/ip/links";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { netnsCase } from "../support/netns-case";
import { hostUrl, settings, testHost, World } from "../support/world";

const files = { "resolv.conf": "nameserver 192.0.2.53\n", hosts: "192.0.2.1 one\n" };
contract("a namespace with files", (world) => netnsCase(world, files));

beyond("Netns: its files", () => {
  const world = new World();
  const name = world.name("f");
  const folder = `/etc/netns/${name}`;
  const inputs = (files: object) => ({
    name,
    owner: world.owner,
    loopback: true,
    files,
    ...(hostUrl && { host: hostUrl }),
  });
  world.finally(() => world.run("rm", "-rf", folder));
  world.finally(() => world.run("ip", "netns", "del", name));
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("a file of another owner is left alone: create fails, and delete does not remove it", async () => {
    await world.run("mkdir", "-p", folder);
    await world.script(undefined, `echo theirs > ${folder}/hosts`);
    const error = await failure(() => create(kind, inputs({ hosts: "ours" }), settings));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining(`${folder}/hosts`) });
    expect((await world.run("ls", "/run/netns")).split("\n")).not.toContain(name);
    const { id, outputs } = await create(kind, inputs({ "resolv.conf": "" }), settings);
    const both = inputs({ "resolv.conf": "", hosts: "ours" });
    expect(await failure(() => update(kind, id, outputs, both, settings))).toMatchObject({ code: "LN_EXISTS" });
    await remove(kind, id, outputs, settings);
    expect(await world.run("grep", "-r", ".", folder)).toBe(`${folder}/hosts:theirs\n`);
    await world.run("rm", "-r", folder);
  });

  test("what a run that died was writing beside one shows as drift, and goes with the next update", async () => {
    const { id, outputs } = await create(kind, inputs(files), settings);
    const spare = temporaryPathOf(`${folder}/hosts`, world.owner);
    await world.run("ln", `${folder}/hosts`, spare);
    const drifted = (await read(kind, id, outputs, settings))?.outputs ?? {};
    expect(Object.keys(drifted.files ?? {})).toEqual(["resolv.conf"]);
    const mended = await update(kind, id, drifted, inputs(files), settings);
    expect(mended).toEqual(outputs);
    expect((await world.try("ls", spare)).exitCode).not.toBe(0);
    await remove(kind, id, mended, settings);
  });

  test("a command of ip netns exec reads them", async () => {
    const { id, outputs } = await create(kind, inputs({ hosts: "192.0.2.9 of-the-namespace\n" }), settings);
    expect(await world.runIn(name, "cat", "/etc/hosts")).toBe("192.0.2.9 of-the-namespace\n");
    await remove(kind, id, outputs, settings);
    expect((await world.try("ls", folder)).exitCode).not.toBe(0);
  });

  test("one that /etc has none of stands in no way of what is not there in the namespace, or is made", async () => {
    const { id, outputs } = await create(kind, inputs({ "no-such-file": "" }), settings);
    const host = testHost();
    const links = await Promise.all(["none", "no", "lo"].map((each) => showLink(host, name, each)));
    expect(links.map((link) => link?.ifname)).toEqual([undefined, undefined, "lo"]);
    const up = (link: string) => [
      ["link", "set", "dev", link, "up"],
      ["link", "show", "dev", link],
    ];
    const [, failed] = await Promise.allSettled(["lo", "none"].map((link) => ipAll(host, name, up(link))));
    const stderr = expect.not.stringContaining("Bind");
    expect(failed).toMatchObject({ reason: { code: "LN_MISSING", command: { stderr } } });
    await remove(kind, id, outputs, settings);
  });

  test("the ledger names the files that exist, and has no entry without files", async () => {
    const named = async () =>
      (await readShares(testHost(), { netns: name, what: "Netns files" })).map(({ value }) => value);
    const { id, outputs } = await create(kind, inputs(files), settings);
    expect(await named()).toEqual([["hosts", "resolv.conf"]]);
    const fewer = await update(kind, id, outputs, inputs({ hosts: "" }), settings);
    expect(await named()).toEqual([["hosts"]]);
    // The entry was removed with the namespace.
    await world.run("ip", "netns", "del", name);
    const again = await update(kind, id, fewer, inputs({ hosts: "" }), settings);
    expect(await named()).toEqual([["hosts"]]);
    // As a run that crashed before its last command leaves it.
    await world.run("rm", `${folder}/hosts`);
    const none = await update(kind, id, again, { ...inputs({}), files: undefined }, settings);
    expect(await named()).toEqual([]);
    await remove(kind, id, none, settings);
  });
});

test.each<[string, string, object]>([
  ["files.../x", "must have names", { "../x": "" }],
  ["files..x", "must have names", { ".x": "" }],
  ["files.a", "without NUL", { a: "\0" }],
])("%s is refused: %s", (property, rule, files) => {
  const { failures } = check(kind, { name: "n", owner: "p/s/n", files });
  expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

everyInput(kind, ["pid"]);
everyDrift(kind);
