import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LocalnetError } from "../../provider/src/errors";
import { compareVersions } from "../../provider/src/host/requirements";
import { inexpressibleOf } from "../../provider/src/kinds/traffic/filter-kinds";
import { addressesOf } from "../../provider/src/tools/ip/link-addresses";
import { ownerOf, showLink } from "../../provider/src/tools/ip/links";
import { showRoutes } from "../../provider/src/tools/ip/routes";
import { optionsOf, parseRules, readChain } from "../../provider/src/tools/iptables/iptables";
import { parseStat } from "../../provider/src/tools/process";
import { parseFilters } from "../../provider/src/tools/tc-filters";
import { RecordingHost } from "./support/recording";

// The files were recorded from iproute2 6.1 and iptables 1.8.9.
const fixture = (name: string) => readFileSync(join(__dirname, "../fixtures", name), "utf8");
const printing = (stdout: string) => new RecordingHost(() => ({ stdout }));

function failing(stderr: string) {
  const host = new RecordingHost();
  host.run = async (argv) => {
    throw new LocalnetError("LN_COMMAND", "it failed", { command: { argv, exitCode: 1, stderr } });
  };
  return host;
}

test("ip: a bridge with addresses of both families", async () => {
  const link = await showLink(printing(fixture("ip-addr-bridge.json")), "foo", "br0");
  if (!link) throw new Error("not read");
  expect(link).toMatchObject({
    ifname: "br0",
    linkinfo: { info_kind: "bridge", info_data: { stp_state: 0, forward_delay: 1500, ageing_time: 30000 } },
  });
  expect(link.flags).toEqual(expect.arrayContaining(["UP", "PROMISC"]));
  expect(addressesOf(link).slice(0, 2)).toEqual(["10.9.0.1/24", "2001:db8::1/64"]);
  expect(ownerOf(link, "p/s/br0")).toBe("");
});

test("ip: an end of a pair in a bridge, with our mark", async () => {
  const link = await showLink(printing(fixture("ip-addr-veth.json")), "foo", "v0");
  if (!link) throw new Error("not read");
  expect(link).toMatchObject({
    master: "br0",
    mtu: 1400,
    linkinfo: { info_kind: "veth", info_slave_data: { hairpin: false } },
  });
  expect(ownerOf(link, "p/s/v0")).toBe("p/s/v0");
  expect(ownerOf(link, "p/s/other")).toBe("p/s/v0");
});

test("ip: a link that does not exist is no error", async () => {
  const host = new RecordingHost(() => ({ exitCode: 1, stderr: 'Device "x" does not exist.\n' }));
  expect(await showLink(host, "foo", "x")).toBeUndefined();
});

test("ip: other failures are errors", async () => {
  const host = new RecordingHost(() => ({ exitCode: 1, stderr: "Cannot open netlink socket\n" }));
  await expect(showLink(host, "foo", "x")).rejects.toThrow("Cannot open netlink socket");
});

test("ip: the routes to one destination, numbers for names", async () => {
  const routes = await showRoutes(printing(fixture("ip-route-default.json")), "foo", "default", 254);
  expect(routes).toMatchObject([
    { dst: "default", gateway: "10.9.0.9", dev: "br0", protocol: "157", metric: 0 },
    { dst: "default", gateway: "10.9.0.8", protocol: "3", metric: 5 },
  ]);
});

test("ip: a table that does not exist has no routes", async () => {
  expect(
    await showRoutes(failing("Error: ipv4: FIB table does not exist.\nDump terminated\n"), "foo", "default", 101),
  ).toEqual([]);
});

test("iptables: words with quotes, backslashes and spaces are read back unchanged", () => {
  const [logged, rejected] = parseRules(fixture("iptables-S.txt"));
  expect(logged?.words).toContain(`it's a "test" \\ -j localnet:p/s/r`);
  expect(logged?.words).toContain('say "hi" ');
  expect(rejected?.words.slice(0, 2)).toEqual(["-s", "10.0.0.1/32"]);
});

test("iptables: options with their values, a negation before the value, a comment that looks like options", () => {
  const options = optionsOf(parseRules(fixture("iptables-S.txt"))[0]?.words ?? []);
  expect(Object.fromEntries(options)).toMatchObject({
    "-i": "! eth0",
    "-p": "tcp",
    "--dports": "80,443",
    "--ctstate": "NEW,ESTABLISHED",
    "--comment": `it's a "test" \\ -j localnet:p/s/r`,
    "-j": "LOG",
    "--log-prefix": 'say "hi" ',
  });
});

const none = { netns: "foo", family: "ipv4", table: "filter", chain: "NONE" } as const;

test("iptables: a chain that does not exist has no rules, with the legacy backend", async () => {
  const host = failing("iptables: No chain/target/match by that name.\n");
  expect(await readChain(host, none)).toEqual({ exists: false, rules: [], legacyTables: false });
});

const incompatible = "iptables v1.8.9 (nf_tables): chain `NONE' in table `filter' is incompatible, use 'nft' tool.\n";

/** Backend nf_tables, which prints the same for a chain that is missing and for one that it cannot show. */
function incompatibleIn(chains: string) {
  const host = failing(incompatible);
  const { run } = host;
  host.run = async (argv) =>
    argv.at(-1) === "-S" ? { exitCode: 0, stdout: chains, stderr: "" } : run.call(host, argv);
  return host;
}

test("iptables: a chain that does not exist has no rules, with the nf_tables backend", async () => {
  const host = incompatibleIn("-P INPUT ACCEPT\n-N NONESUCH\n-A INPUT -j NONE\n");
  expect(await readChain(host, none)).toEqual({ exists: false, rules: [], legacyTables: false });
});

test("iptables: a chain that iptables cannot show is an error", async () => {
  const host = incompatibleIn("-P INPUT ACCEPT\n-N NONE\n");
  await expect(readChain(host, none)).rejects.toThrow("it failed");
});

test("/proc/PID/stat: names with spaces, parentheses and newlines; a zombie is no process", () => {
  const texts = fixture("proc-stat.txt").split("\n").filter(Boolean);
  const named = (name: string) => String(texts[0]).replace("(python3)", `(${name})`);
  const leader = { pid: 4711, command: "python3", parent: 1, session: 4711, startTime: 123456, isEnding: false };
  expect(texts.flatMap((text, i) => parseStat(4711 + i, text) ?? [])).toEqual([
    leader,
    { pid: 4712, command: "a (b) c) d", parent: 4711, session: 4711, startTime: 123999, isEnding: false },
  ]);
  expect(parseStat(4711, String(texts[0]).replace("4194304", "4194308"))).toEqual({ ...leader, isEnding: true });
  for (const command of ["\n1234 (", ") Z 1 1 1", "", "\n1 (init) S 0"])
    expect(parseStat(4711, named(command))).toEqual({ ...leader, command });
});

test.each([
  ["6.1.0", "6.1.0", 0],
  ["6.10", "6.9.1", 1],
  ["1.8.7", "1.8.9", -1],
  ["2", "1.99.99", 1],
])("version %s beside %s: %i", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});

test.each([
  ["matchall", "handle 0x1 flowid 1:10 \n  skip_hw", "skip_hw"],
  ["fw", "handle 0x7/0xff classid 1:10 input dev lo", "input dev lo"],
  ["u32", "fh 800::1 order 1 key ht 800 bkt 0 *flowid 1:10\n  match 00100000/00ff0000 at 33", "match 00100000"],
  ["flower", "handle 0x1 classid 1:10 \n  eth_type ipv4\n  ip_flags frag", "ip_flags frag"],
])("tc: an option of a filter of kind %s that no input sets is reported", (kind, words, option) => {
  const at = { dev: "d0", parent: "egress" };
  const filter = (text: string) => parseFilters(`filter protocol ip pref 10 ${kind} chain 0 ${text}\n`, at);
  expect(filter(words).map(inexpressibleOf)).toEqual([expect.stringMatching(`there is no input for .*${option}`)]);
  const withoutOption = words.replace(/ \n {2}skip_hw| input dev lo|\n {2}match .*|\n {2}ip_flags frag/, "");
  expect(filter(withoutOption).map(inexpressibleOf)).toEqual([undefined]);
});
