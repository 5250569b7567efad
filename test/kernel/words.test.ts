import type { Values } from "../../provider/src/core/check";
import { check } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import type { AnyKind } from "../../provider/src/core/kind";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { bridge, iptablesRule, netns as netnsKind, route, vethPair } from "../../provider/src/kinds";
import { hostUrl, settings, World } from "./support/world";

// Accepted values that the tools could take for something else.
const world = new World();
const netns = world.netns("w");
/** The links of the namespace, without the file that the module of bonds adds. */
async function linkNames(): Promise<string[]> {
  const names = (await world.runIn(netns, "ls", "/sys/class/net")).split("\n");
  return names.filter((name) => name !== "" && name !== "bonding_masters");
}

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

function checkedInputs(kind: AnyKind, values: Values): Values {
  const { inputs, failures } = check(kind, { owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values });
  expect(failures).toEqual([]);
  return inputs;
}

async function made(kind: AnyKind, values: Values) {
  const inputs = checkedInputs(kind, values);
  const { id, outputs } = await create(kind, inputs, settings);
  const refreshed = await read(kind, id, outputs, settings);
  if (!refreshed) throw new Error(`read does not find ${id}`);
  expect(diff(kind, refreshed.outputs, inputs)).toEqual({ changes: false, replaces: [] });
  return { id, inputs, outputs: refreshed.outputs, remove: () => remove(kind, id, refreshed.outputs, settings) };
}

/** Keywords of ip, which may also be names of links and namespaces. */
const keywords = [
  ...["dev", "name", "type", "up", "mtu", "master", "nomaster", "alias", "group", "address", "add", "del", "set"],
  ...[
    "show",
    "peer",
    "netns",
    "link",
    "via",
    "table",
    "metric",
    "proto",
    "on",
    "none",
    "any",
    "blackhole",
    "1",
    "0x10",
  ],
];

test.each(hostUrl ? ["dev", "type"] : keywords)("a link may be called %s, and is that link", async (name) => {
  const link = await made(bridge, { name, netns, addresses: ["10.9.0.1/24"], mtu: 1400 });
  const wide = checkedInputs(bridge, { ...link.inputs, mtu: 1300 });
  const updated = await update(bridge, link.id, link.outputs, wide, settings);
  const way = await made(route, { netns, destination: "10.8.0.0/16", via: "10.9.0.2", device: name });
  const cable = await made(vethPair, { name: "near", netns, master: name, peer: { name: "far", netns } });
  const names = await linkNames();
  expect(names.filter((each) => each !== "lo").sort()).toEqual(["far", name, "near"].sort());
  await cable.remove();
  await way.remove();
  await remove(bridge, link.id, updated, settings);
  expect(await linkNames()).toEqual(["lo"]);
});

test.each(hostUrl ? ["all"] : ["add", "list", "exec", "pids", "help", "all", "name", "1"])(
  "a namespace may be called %s, and is that namespace",
  async (name) => {
    const space = await made(netnsKind, { name });
    const link = await made(bridge, { name: "br0", netns: name });
    expect((await world.run("ls", "/run/netns")).split("\n")).toContain(name);
    await link.remove();
    await space.remove();
    expect((await world.run("ls", "/run/netns")).split("\n")).not.toContain(name);
  },
);

test("where no namespace is called 1, a link is not put into that of process 1", async () => {
  const inputs = checkedInputs(vethPair, { name: "near", netns, peer: { name: world.name("far"), netns: "1" } });
  await expect(create(vethPair, inputs, settings)).rejects.toMatchObject({ code: "LN_NETNS" });
  expect(await linkNames()).toEqual(["lo"]);
});

const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join("");
const texts = [
  printable,
  [...printable].reverse().join(""),
  ...[
    "-j DROP",
    "--comment",
    "--",
    "!",
    "! -s 10.0.0.1",
    '" -j DROP -m comment --comment "',
    "\\",
    '\\"',
    '"',
    "'",
    "''",
  ],
  ...[
    "COMMIT",
    "*nat",
    ":INPUT DROP [0:0]",
    "-A INPUT -j DROP",
    "-F",
    "# no comment",
    "%s%n",
    " in blanks ",
    "\\n-F",
    "$(id)",
  ],
  ...["localnet:another/stack/rule", "`id`", "a\\", "a\\\\", "\\\\'"],
];

test.each(hostUrl ? texts.slice(0, 3) : texts)(
  "comment and prefix %j are themselves, one rule each, and what iptables saves of them it restores",
  async (text) => {
    const save = () => world.runIn(netns, "sh", "-c", "iptables-save | sed '/^#/d'");
    const before = await save();
    const rule = { netns, chain: "FORWARD" };
    const commented = await made(iptablesRule, { ...rule, target: "ACCEPT", comment: text });
    const logged = { ...rule, target: "LOG", logPrefix: text.slice(0, 29), owner: `${world.owner}/2` };
    const logs = await made(iptablesRule, logged);
    const saved = await save();
    expect(saved.split("\n").filter((line) => line.startsWith("-A"))).toHaveLength(2);
    await world.runIn(
      netns,
      "sh",
      "-c",
      "iptables-save > /tmp/$0 && iptables-restore --test /tmp/$0 && iptables-restore /tmp/$0; code=$?; rm /tmp/$0; exit $code",
      world.tag,
    );
    expect(await save()).toBe(saved);
    const again = await read(iptablesRule, commented.id, commented.outputs, settings);
    expect(diff(iptablesRule, again?.outputs ?? {}, commented.inputs)).toEqual({ changes: false, replaces: [] });
    await commented.remove();
    await logs.remove();
    expect((await save()).split("\n").filter((line) => line.startsWith("-A"))).toEqual(
      before.split("\n").filter((line) => line.startsWith("-A")),
    );
  },
);
