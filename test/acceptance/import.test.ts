import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { changes, type Result, root, run, type Snapshot, Stack, snapshot } from "./engine";
import { Sandbox } from "./sandbox";

const project = join(root, "test/fixtures/imported");
let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;
let byHand: Snapshot;
const state = () => snapshot([], sandbox.enterArgv);

async function shell(line: string): Promise<string> {
  const result = await run([...sandbox.enterArgv, ...line.split(" ")]);
  if (result.code) throw new Error(`${line}: ${result.text}`);
  return result.stdout;
}

const commands = [
  "ip netns add lab",
  "ip -n lab link set lo up",
  "ip netns add pod",
  "ip -n lab link add br0 type bridge",
  "ip -n lab addr add 10.77.0.1/24 dev br0",
  "ip -n lab link set br0 up",
  "ip -n lab link add veth0 type veth peer name eth0 netns pod",
  "ip -n lab link set veth0 master br0 up",
  "ip -n pod addr add fd00:77::2/64 dev eth0 nodad",
  "ip -n pod addr add 10.77.0.2/24 dev eth0",
  "ip -n pod link set eth0 up",
  "ip -n pod route add default via 10.77.0.1",
  "nsenter --net=/run/netns/lab -- sysctl -w net.ipv4.ip_forward=1",
  "nsenter --net=/run/netns/lab -- iptables -A FORWARD -s 10.0.0.1 -j DROP",
  "nsenter --net=/run/netns/lab -- iptables -A FORWARD -p tcp -d 10.77.0.2 --dport 80 -m conntrack --ctstate NEW -j ACCEPT",
  "nsenter --net=/run/netns/lab -- iptables -A FORWARD -s 10.0.0.2 -j DROP",
];

/** Without output, which the test would otherwise wait for. */
const server = "setsid -f ip netns exec pod sleep 600 < /dev/null > /dev/null 2>&1";

/** Its pid, once it is in the namespace and no longer the `ip` that brought it there. */
async function serving(): Promise<string> {
  for (;;) {
    const pid = (await shell("ip netns pids pod")).trim();
    if (pid && (await shell(`cat /proc/${pid}/comm`)).trim() === "sleep") return pid;
    await sleep(50);
  }
}

const ids = {
  Netns: { lab: "lab", pod: "pod" },
  Bridge: { br0: "br0@lab" },
  VethPair: { veth0: "veth0@lab" },
  Route: { default: "default@pod" },
  Sysctl: { forwarding: "net/ipv4/ip_forward@lab" },
  IptablesRule: { web: "ipv4/filter/FORWARD/2@lab" },
  Process: { server: "" },
};

/** `pulumi import`, of one resource or of all that a file lists. */
function imports(into: Stack, args: readonly string[], expected = 0): Promise<Result> {
  const options = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"];
  return into.pulumi(["import", ...args, ...options, ...into.target], expected);
}

const single = (type: string, name: string, id: string) => imports(stack, [`localnet:index:${type}`, name, id], 1);

beforeAll(async () => {
  sandbox = await Sandbox.open();
  stack = new Stack(project, "test", {}, sandbox.enterArgv);
  before = await state();
  for (const line of commands) await shell(line);
  expect(await run([...sandbox.enterArgv, "sh", "-c", server])).toMatchObject({ code: 0 });
  ids.Process.server = `${await serving()}@pod`;
  // The kernel adds its own addresses some time later.
  const tentative = () => Promise.all(["lab", "pod"].map((netns) => shell(`ip -n ${netns} -6 addr show tentative`)));
  while ((await tentative()).join("")) await sleep(200);
  byHand = await state();
  await stack.init();
});
afterAll(async () => {
  await sandbox.close();
  stack.removeState();
});

test("the import of an object that does not exist, of a wrong id, or of another kind fails", async () => {
  expect((await single("Bridge", "br1", "br1@lab")).text).toContain("does not exist");
  expect((await single("Bridge", "br0", "br0@nowhere")).text).toContain("does not exist");
  expect((await single("Bridge", "br0", "br0@-x")).text).toMatch(/this is not the id of a Bridge.*LN_INPUT/);
  expect((await single("Bridge", "veth0", "veth0@lab")).text).toMatch(/belongs to a link of kind veth.*LN_EXISTS/);
  expect((await single("VethPair", "br0", "br0@lab")).text).toMatch(/belongs to a link of kind bridge.*LN_EXISTS/);
  expect((await single("Process", "p", "1@pod")).text).toContain("does not exist");
  expect((await single("Probe", "p", "p")).text).toMatch(/a Probe cannot be imported/);
  expect((await stack.exported()).resources.filter(({ type }) => type.startsWith("localnet:"))).toEqual([]);
});

test("objects made by hand are imported by their ids, and stay unchanged", async () => {
  const resources = Object.entries(ids).flatMap(([type, each]) =>
    Object.entries(each).map(([name, id]) => ({ type: `localnet:index:${type}`, name, id })),
  );
  const file = join(stack.env.PULUMI_HOME ?? "", "import.json");
  writeFileSync(file, JSON.stringify({ resources }));
  await imports(stack, ["--file", file]);
  expect(await state()).toEqual(byHand);
});

test("the preview of a program that declares them is empty", async () => {
  await stack.unchanged();
  expect(changes((await stack.up()).text)).toEqual({ unchanged: 9 });
  await stack.asRecorded();
  expect(await state()).toEqual(byHand);
});

test("drift of imported objects is shown and repaired", async () => {
  await shell("ip -n lab addr del 10.77.0.1/24 dev br0");
  expect((await stack.preview()).text).toContain("1 to update");
  expect(changes((await stack.up()).text)).toEqual({ updated: 1, unchanged: 8 });
  await stack.unchanged();
});

test("an update changes them in place, and adds the mark", async () => {
  await stack.set({ mtu: "1400", comment: "web" });
  expect(changes((await stack.up()).text)).toMatchObject({ updated: 3 });
  expect(await shell("ip -n lab -d link show dev br0")).toMatch(/mtu 1400.*alias localnet:imported\/test\/br0/s);
  const rules = await shell("nsenter --net=/run/netns/lab -- iptables -S FORWARD");
  expect(rules.split("\n").slice(1, 4)).toEqual([
    "-A FORWARD -s 10.0.0.1/32 -j DROP",
    expect.stringContaining('--comment "web localnet:imported/test/web"'),
    "-A FORWARD -s 10.0.0.2/32 -j DROP",
  ]);
  await stack.unchanged();
});

test("another stack cannot import our objects", async () => {
  const other = new Stack(project, "other", {}, sandbox.enterArgv);
  await other.init();
  const { text } = await imports(other, ["localnet:index:Bridge", "br0", "br0@lab"], 1);
  expect(text).toMatch(/belongs to imported\/test\/br0.*LN_EXISTS/);
  other.removeState();
});

test("destroy removes imported objects, and nothing is left", async () => {
  await stack.destroy();
  expect(await state()).toEqual(before);
});
