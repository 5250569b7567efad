import type { Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { kernelModule as kind, sysctl } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

/** Modules that nothing else on a test machine uses. */
const spare = "sch_sfb";

contract("that no other stack needs", (world) => ({
  kind,
  needs: "modules",
  // The kernel keeps no mark on a module. The ledger records who loaded it.
  marked: false,
  inputs: { name: spare },
  async actual() {
    const names = (await world.run("cut", "-d", " ", "-f", "1", "/proc/modules")).split("\n");
    return names.includes(spare) ? { loaded: true } : undefined;
  },
  expected: () => ({ loaded: true }),
  updates: [
    { what: "what delete does", change: { onDelete: "keep" } },
    { what: "what delete does, as at first", change: { onDelete: "restore" } },
  ],
  replaces: { name: "other", parameters: { debug: "1" } },
  drifts: [],
  ignores: [],
  vanish: () => world.run("rmmod", spare),
  parent: { none: "a module is in nothing else" },
  foreign: { none: "a module that is loaded is as the inputs ask for; see below" },
  faults: {
    tool: "modprobe",
    obstacle: { none: "a module in use stays loaded, and delete succeeds; see the kernel layer" },
    reboot: () => world.run("rmmod", spare),
  },
}));

const reason = lack("modules");
(reason ? describe.skip : beyond)(`KernelModule: beyond the contract${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const inputs = (values: Values) => ({ owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values });
  const loaded = async (name: string) =>
    (await world.run("cat", "/proc/modules")).split("\n").some((line) => line.startsWith(`${name} `));
  // Other suites need it for the frames of bridges to pass iptables, so this one waits for them.
  beforeAll(() => world.hold("br_netfilter", true), 1_260_000);
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("a module that was loaded before stays after delete", async () => {
    await world.run("modprobe", spare);
    const { id, outputs } = await create(kind, inputs({ name: spare }), settings);
    expect(outputs).toMatchObject({ loadedByUs: [] });
    await remove(kind, id, outputs, settings);
    expect(await loaded(spare)).toBe(true);
    await world.run("rmmod", spare);
  });

  test("a module that two stacks need stays until the last delete, whoever loaded it", async () => {
    const one = await create(kind, inputs({ name: spare }), settings);
    const two = await create(kind, inputs({ name: spare, owner: `${world.owner}/other` }), settings);
    await remove(kind, one.id, one.outputs, settings);
    expect(await loaded(spare)).toBe(true);
    await remove(kind, two.id, two.outputs, settings);
    expect(await loaded(spare)).toBe(false);
  });

  test("parameters reach the module, and a dash in the name is an underscore", async () => {
    const before = await loaded("ifb");
    const { id, outputs } = await create(kind, inputs({ name: "ifb", parameters: { numifbs: 0 } }), settings);
    expect((await world.run("ls", "/sys/class/net")).split("\n")).not.toContain("ifb0");
    // Another test may have made a link with it.
    expect(outputs).toMatchObject({ loadedByUs: before ? [] : ["ifb"] });
    await remove(kind, id, outputs, settings);
    expect(await loaded("ifb")).toBe(before);
  });

  test("a module that is in use stays after delete", async () => {
    const { id, outputs } = await create(kind, inputs({ name: "ifb", parameters: { numifbs: 0 } }), settings);
    const netns = world.netns("u");
    await world.build();
    await world.run("ip", "-n", netns, "link", "add", "name", "i0", "type", "ifb");
    await remove(kind, id, outputs, settings);
    expect(await loaded("ifb")).toBe(true);
    await world.run("ip", "netns", "del", netns);
    await world.try("rmmod", "ifb");
  });

  test("a module that was loaded by hand is found by its name, and stays after delete, since the ledger does not have it", async () => {
    await world.run("modprobe", spare);
    const there = { ...settings, host: hostUrl };
    const importable = await findImportable(kind, spare, world.owner, there);
    expect(importable).toMatchObject({ id: spare, inputs: { name: spare } });
    await remove(kind, spare, importable?.outputs ?? {}, there);
    expect(await loaded(spare)).toBe(true);
    await world.run("rmmod", spare);
    expect(await findImportable(kind, spare, world.owner, there)).toBeUndefined();
  });

  test("loaded modules with settings are listed, unless a stack has them", async () => {
    const importable = async () =>
      (await kind.imports?.list(testHost(), undefined))?.find(({ id }) => id === "br_netfilter");
    const before = await loaded("br_netfilter");
    await world.run("modprobe", "br_netfilter");
    expect(await importable()).toEqual({ id: "br_netfilter" });
    expect(await kind.imports?.list(testHost(), world.tag)).toEqual([]);
    const { id, outputs } = await create(kind, inputs({ name: "br_netfilter" }), settings);
    expect(await importable()).toEqual({ id: "br_netfilter", omit: `it belongs to ${world.owner}` });
    await remove(kind, id, outputs, settings);
    if (!before) await world.run("rmmod", "br_netfilter");
  });

  test("br_netfilter stays while another stack has one of its settings, in any namespace", async () => {
    const netns = world.netns("b");
    await world.addNetns(netns);
    const before = await loaded("br_netfilter");
    if (before) await world.run("rmmod", "br_netfilter");
    const module = await create(kind, inputs({ name: "br_netfilter" }), settings);
    const key = "net.bridge.bridge-nf-call-iptables";
    const theirs = inputs({ key, value: 1, netns, owner: `lnt/other/${world.tag}` });
    const setting = await create(sysctl, theirs, settings);
    await remove(kind, module.id, module.outputs, settings);
    expect(await loaded("br_netfilter")).toBe(true);
    await remove(sysctl, setting.id, setting.outputs, settings);
    if (!before) await world.run("rmmod", "br_netfilter");
  });

  test("a module and a setting of the host stay if another program, such as Docker, has made a bridge since", async () => {
    const [name, key] = [world.name("d"), "net.ipv4.ip_forward"];
    const there = (await world.run("sysctl", "-n", key)).trim();
    world.finally(() => world.run("sysctl", "-qw", `${key}=${there}`));
    world.finally(() => world.run("ip", "link", "del", name));
    await world.run("sysctl", "-qw", `${key}=0`);
    const before = await loaded("br_netfilter");
    if (before) await world.run("rmmod", "br_netfilter");
    const setting = await create(sysctl, inputs({ key, value: 1 }), settings);
    const module = await create(kind, inputs({ name: "br_netfilter" }), settings);
    await world.run("ip", "link", "add", "name", name, "type", "bridge");
    await world.run("ip", "addr", "add", "172.31.99.1/24", "dev", name);
    await remove(kind, module.id, module.outputs, settings);
    await remove(sysctl, setting.id, setting.outputs, settings);
    expect(await loaded("br_netfilter")).toBe(true);
    expect((await world.run("sysctl", "-n", key)).trim()).toBe("1");
    // A bridge that existed before does not count.
    await world.run("sysctl", "-qw", `${key}=0`);
    const next = await create(sysctl, inputs({ key, value: 1 }), settings);
    await remove(sysctl, next.id, next.outputs, settings);
    expect((await world.run("sysctl", "-n", key)).trim()).toBe("0");
    if (!before) await world.run("rmmod", "br_netfilter");
  });

  test("a module that does not exist is an error that names it", async () => {
    const error = await failure(() => create(kind, inputs({ name: "no-such-module" }), settings));
    expect(error).toMatchObject({ code: "LN_KERNEL" });
    expect(error.message).toContain("no-such-module");
  });

  test("a module that is built into the kernel counts as loaded, and stays", async () => {
    const { id, outputs } = await create(kind, inputs({ name: "ipv6" }), settings);
    expect(outputs).toMatchObject({ loadedByUs: [] });
    await remove(kind, id, outputs, settings);
    expect(await read(kind, id, outputs, settings)).toBeDefined();
  });
});

everyInput(kind);
everyDrift(kind, { onDelete: "it is about delete" });
