import type { Values } from "../../provider/src/core/check";
import { eraseNetns } from "../../provider/src/core/ledger";
import { clean, createUnrecorded } from "./support/clean";
import { testHost, World } from "./support/world";

const world = new World();
const [a, b, mine, shared] = [world.netns("a"), world.netns("b"), world.name("m"), world.name("s")];
const stack = `lnt/${world.tag}`;
const file = `${world.folder}/kept`;

beforeAll(async () => {
  await world.build();
  await world.addFolder();
});
afterAll(async () => {
  for (const name of [mine, shared]) {
    await world.try("ip", "netns", "del", name);
    await eraseNetns(testHost(), name);
  }
  await world.try("rm", "-r", `/etc/netns/${mine}`);
  expect(await world.cleanUp()).toEqual([]);
});

const make = (type: string, name: string, values: Values, of = stack) =>
  createUnrecorded(type, `${of}/${name}`, values);

const named = (rows: Awaited<ReturnType<typeof clean>>["rows"], result: string) =>
  rows
    .filter((each) => each.result === result)
    .map(({ type, id }) => `${type} ${id}`)
    .sort();

/** A namespace with its rules and its settings. */
async function showState(netns: string): Promise<string> {
  const rules = "iptables-save | sed '/^#/d; s/ .[0-9]*:[0-9]*.$//'; cat /proc/sys/net/ipv4/ip_forward";
  return world.script(
    netns,
    `ip -o link; ip -o addr | sed 's/tentative //'; ip route; ip rule; ${rules}; nft list tables`,
  );
}

test("objects of a lost state are removed, settings are put back, and objects of others stay", async () => {
  const accept = { netns: a, chain: "FORWARD", target: "ACCEPT" };
  await world.script(a, "ip link add theirs type bridge; iptables -A FORWARD -i theirs -j ACCEPT");
  await make("IptablesRule", "other", { ...accept, in: "other0" }, `${stack}x`);
  await world.settled();
  const before = { a: await showState(a), b: await showState(b) };

  await make("Netns", "mine", { name: mine, files: { hosts: "10.7.0.1 one" } });
  await world.run("sh", "-c", `echo theirs > /etc/netns/${mine}/resolv.conf`);
  await make("Bridge", "br", { name: "br0", netns: a, addresses: ["10.7.0.1/24"] });
  const peer = { name: "eth0", netns: mine, addresses: ["10.7.0.2/24"] };
  await make("VethPair", "pair", { name: "veth0", netns: a, master: "br0", peer });
  await make("Address", "second", { netns: a, device: "br0", address: "10.7.1.1/24" });
  await make("Route", "away", { netns: a, destination: "10.9.0.0/16", via: "10.7.0.2" });
  await make("PolicyRule", "rule", { netns: a, priority: 700, table: 100 });
  await make("Sysctl", "forward", { netns: a, key: "net.ipv4.ip_forward", value: 1 });
  await make("IptablesPolicy", "policy", { netns: a, chain: "FORWARD", policy: "DROP" });
  await make("IptablesChain", "chain", { netns: a, name: "OWN" });
  await make("IptablesRule", "one", { ...accept, in: "br0" });
  await make("IptablesRule", "two", { ...accept, target: undefined, jump: "OWN", out: "br0" });
  await make("NftTable", "table", { netns: a, family: "ip", name: "own", ruleset: "chain c { }" });
  await make("Process", "sleep", { netns: b, command: ["sleep", "300"] });
  await make("File", "file", { path: file, content: "x" });
  // Of an object that was removed by hand, only the entry of the ledger is left.
  await make("Route", "gone", { netns: b, destination: "10.8.0.0/16", type: "blackhole" });
  await world.run("ip", "-n", b, "route", "del", "blackhole", "10.8.0.0/16");

  await world.settled();
  const there = { a: await showState(a), b: await showState(b), all: await world.trace() };
  const dry = await clean(stack);
  expect(dry.code).toBe(0);
  expect({ a: await showState(a), b: await showState(b), all: await world.trace() }).toEqual(there);
  const objects = [
    ...[`Address 10.7.1.1/24@${a}`, `Bridge br0@${a}`, `File ${file}`, `IptablesChain ipv4/filter/OWN@${a}`],
    ...[`IptablesPolicy ipv4/filter/FORWARD@${a}`, `IptablesRule ipv4/filter/FORWARD/one@${a}`],
    ...[`IptablesRule ipv4/filter/FORWARD/two@${a}`, `Netns ${mine}`, `NftTable ip/own@${a}`],
    ...[`PolicyRule 700@${a}`, `Process sleep@${b}`, `Route 10.9.0.0/16@${a}`, `Sysctl net/ipv4/ip_forward@${a}`],
    `VethPair veth0@${a}`,
  ];
  expect(named(dry.rows, "there").map((each) => each.replace(/^Address .*/, objects[0] ?? ""))).toEqual(objects);
  expect(named(dry.rows, "noted")).toEqual([`Route 10.8.0.0/16@${b}`]);

  const done = await clean(stack, "--yes");
  expect({ code: done.code, left: done.rows.filter(({ result }) => result !== "gone") }).toEqual({ code: 0, left: [] });
  await world.settled();
  expect({ a: await showState(a), b: await showState(b) }).toEqual(before);
  expect((await world.run("ls", `/etc/netns/${mine}`)).trim()).toBe("resolv.conf");
  await world.run("rm", "-r", `/etc/netns/${mine}`);
  expect((await world.run("ip", "netns", "pids", b)).trim()).toBe("");
  expect(await world.try("test", "-e", file)).toMatchObject({ exitCode: 1 });
  expect(await clean(stack, "--yes")).toEqual({ code: 0, rows: [] });
  expect((await clean(`${stack}x`, "--yes")).rows).toMatchObject([{ result: "gone" }]);
  const ledger = await testHost().run(["sh", "-c", "find /run/pulumi-localnet -printf '%l\\n'; true"]);
  expect(ledger.stdout).not.toContain(world.tag);
});

test("a namespace stays if another stack has an object in it, and objects without an owner are named", async () => {
  const other = `${stack}y`;
  await make("Netns", "shared", { name: shared });
  await make("Bridge", "theirs", { name: "br1", netns: shared }, other);
  await world.run("ip", "-n", shared, "link", "add", "br2", "type", "bridge");
  const { code, rows } = await clean(stack, "--yes");
  expect({ code, rows }).toMatchObject({
    code: 3,
    rows: [{ type: "Netns", result: "left", reason: `Bridge br1@${shared} of ${other}/theirs is in it` }],
  });
  expect(rows[0]?.along).toEqual([`Bridge br2@${shared}`]);
  expect((await clean(other, "--yes")).rows).toMatchObject([{ type: "Bridge", result: "gone" }]);
  expect(await clean(stack, "--yes")).toMatchObject({ code: 0, rows: [{ id: shared, result: "gone" }] });
  expect(await world.run("ip", "netns", "list")).not.toContain(shared);
});
