import type { Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { sysctl as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

const dotted = "net/ipv4/conf/a.b/forwarding";
const keys = [
  { title: "a number", key: "net.ipv4.ip_forward", file: "net/ipv4/ip_forward", before: "0", value: 1, other: "0" },
  {
    title: "of IPv6",
    key: "net.ipv6.conf.all.forwarding",
    file: "net/ipv6/conf/all/forwarding",
    before: "0",
    value: "1",
    other: "0",
  },
  { title: "of a link whose name holds a dot", key: dotted, file: dotted, before: "0", value: 1, other: "0" },
  {
    title: "two numbers, which the kernel parts by a tab",
    key: "net.ipv4.ip_local_port_range",
    file: "net/ipv4/ip_local_port_range",
    before: "32768 60999",
    value: "1024  2000",
    other: "1024 3000",
  },
];

for (const { title, key, file, before, value, other } of keys) {
  contract(title, (world) => {
    const netns = world.netns("a");
    return {
      kind,
      local: key !== "net.ipv4.ip_forward",
      alwaysThere: true,
      inputs: { key, netns, value },
      prepare: () => world.run("ip", "-n", netns, "link", "add", "name", "a.b", "type", "bridge"),
      async actual() {
        const value = (await world.runIn(netns, "sysctl", "-n", file)).trim().replace(/\s+/g, " ");
        return value === before ? undefined : { value };
      },
      expected: (inputs: Values) => ({ value: String(inputs.value).replace(/\s+/g, " ") }),
      updates: [
        { what: "what delete does", change: { onDelete: "keep" } },
        { what: "what delete does, as at first", change: { onDelete: "restore" } },
      ],
      replaces: { key: "net.ipv4.tcp_sack", netns: "other" },
      drifts: [{ what: "value", input: "value", by: () => world.script(netns, `echo '${other}' > /proc/sys/${file}`) }],
      ignores: [],
      vanish: { none: "a setting always has a value" },
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: { none: "a setting has no owner; delete puts its former value back" },
      ...(key === "net.ipv4.ip_local_port_range" && {
        faults: {
          update: { what: "another value", change: { value: other } },
          tool: "nsenter",
          obstacle: { none: "a setting is never busy" },
          impossible: {
            "no kernel module": "a key that the kernel lacks is an error; see the tests beyond the contract",
          },
        },
      }),
    };
  });
}

beyond("Sysctl: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("s");
  const inputs = (values: Values) => ({
    key: "net.ipv4.ip_default_ttl",
    netns,
    owner: world.owner,
    ...(hostUrl && { host: hostUrl }),
    ...values,
  });
  const live = async () => (await world.runIn(netns, "sysctl", "-n", "net.ipv4.ip_default_ttl")).trim();
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("after an update, delete puts back the value from before the create", async () => {
    const { id, outputs } = await create(kind, inputs({ value: 70 }), settings);
    const after = await update(kind, id, outputs, inputs({ value: 80 }), settings);
    expect(await live()).toBe("80");
    expect(after).toMatchObject({ previousValue: "64" });
    await remove(kind, id, after, settings);
    expect(await live()).toBe("64");
  });

  test("create after a crash that lost the state still knows the former value", async () => {
    await create(kind, inputs({ value: 70 }), settings);
    const { id, outputs } = await create(kind, inputs({ value: 80 }), settings);
    expect(outputs).toMatchObject({ previousValue: "64" });
    await remove(kind, id, outputs, settings);
    expect(await live()).toBe("64");
  });

  test("two stacks with the same value share it, and the last delete, in any order, puts the former value back", async () => {
    const one = await create(kind, inputs({ value: 70 }), settings);
    const other = inputs({ value: 70, owner: `${world.owner}/other` });
    const two = await create(kind, other, settings);
    await remove(kind, one.id, one.outputs, settings);
    expect(await live()).toBe("70");
    await remove(kind, two.id, two.outputs, settings);
    expect(await live()).toBe("64");
  });

  test("a stack with another value is refused, and the value stays", async () => {
    const { id, outputs } = await create(kind, inputs({ value: 70 }), settings);
    const other = inputs({ value: 80, owner: `lnt/other/${world.tag}` });
    const error = await failure(() => create(kind, other, settings));
    expect(error).toMatchObject({ code: "LN_EXISTS" });
    expect(error.message).toContain(`${world.owner} has set it to 70`);
    expect(await live()).toBe("70");
    await remove(kind, id, outputs, settings);
    expect(await live()).toBe("64");
  });

  test("a setting made by hand is listed, unless a stack has it, and found by its id", async () => {
    const id = `net/ipv4/ip_forward@${netns}`;
    const importable = () => kind.imports?.list(testHost(), netns);
    expect(await importable()).toEqual([]);
    await world.runIn(netns, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
    expect(await importable()).toEqual([{ id }]);
    const there = { ...settings, host: hostUrl };
    const resource = await findImportable(kind, id, world.owner, there);
    expect(resource).toMatchObject({ id, inputs: { key: "net/ipv4/ip_forward", netns, value: "1" } });
    await create(kind, inputs({ key: "net.ipv4.ip_forward", value: 1 }), settings);
    expect(await importable()).toEqual([{ id, omit: `it belongs to ${world.owner}` }]);
    await remove(kind, id, resource?.outputs ?? {}, there);
    expect(await importable()).toEqual([{ id }]);
  });

  test('delete with onDelete "keep" leaves the value', async () => {
    const { id, outputs } = await create(kind, inputs({ value: 90, onDelete: "keep" }), settings);
    await remove(kind, id, outputs, settings);
    expect(await live()).toBe("90");
  });

  test("a value that the kernel changes is an error that names both values", async () => {
    const error = await failure(() => create(kind, inputs({ value: "91 92" }), settings));
    expect(error).toMatchObject({ code: "LN_VERIFY" });
    expect(error.message).toContain('value: wanted "91 92", seen "91"');
  });

  test("a value that the kernel refuses is an error, and the old value stays", async () => {
    const error = await failure(() => create(kind, inputs({ value: "99999" }), settings));
    expect(error).toMatchObject({ code: "LN_COMMAND" });
    expect(error.message).toContain("Invalid argument");
    expect(await live()).toBe("91");
  });

  test.each([
    ["net.ipv4.no_such_key", "LN_KERNEL", "ls -R /proc/sys/net"],
    ["net.ipv4.conf.nolink.rp_filter", "LN_MISSING", "there is no link nolink"],
    ["net.ipv4.conf.nolink.rp_filter", "LN_MISSING", "dependsOn"],
    ["net.ipv4.conf.lo.no_such_key", "LN_KERNEL", "of a link that is there"],
    ["net.bridge.no_such_key", "LN_KERNEL", "KernelModule br_netfilter"],
    ["net.ipv4.vs.no_such_key", "LN_KERNEL", "KernelModule ip_vs"],
    ["net.core.netdev_budget", "LN_KERNEL", "leave netns out"],
    // Newer kernels have it in a namespace, but read-only.
    ["net.core.rmem_max", "LN_KERNEL", /can only be read here|leave netns out/],
    ["net.ipv6.conf.default.stable_secret", "LN_KERNEL", "by hand"],
  ])("%s: %s, %s", async (key, code, text) => {
    const error = await failure(() => create(kind, inputs({ key, value: 1 }), settings));
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(text);
    expect(error.message).not.toContain("nsenter failed");
  });
});

everyInput(kind, ["value"]);
everyDrift(kind, { onDelete: "it is about delete" });
