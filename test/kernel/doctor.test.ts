import type { Line } from "../../provider/src/cli/doctor/check";
import { checkCommands } from "../../provider/src/cli/doctor/commands";
import { checkKernel } from "../../provider/src/cli/doctor/kernel";
import { checkFirewall, checkPrograms } from "../../provider/src/cli/doctor/surroundings";
import { checkUser } from "../../provider/src/cli/doctor/user";
import type { Host } from "../../provider/src/host";
import { type Feature, lack } from "./support/features";
import { testHost, World } from "./support/world";

const world = new World();
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

/** The host, with words before each of its commands. */
function behind(...before: string[]): Host {
  const host = testHost();
  return { ...host, run: (argv, options) => host.run([...before, ...argv], options) };
}

/** The same with private files, which disappear when a command ends. */
const withFiles = (script: string) => behind("unshare", "--mount", "sh", "-ec", `${script}; exec "$@"`, "sh");

test("programs that change networks are recognized by their files in /run", async () => {
  const host = withFiles(
    "mount -t tmpfs none /run; mkdir -p /run/NetworkManager /run/systemd/netif /run/firewalld; touch /run/systemd/netif/state /run/docker.sock",
  );
  const lines = await checkPrograms(host);
  expect(lines.map(({ what, result }) => `${what} ${result}`)).toEqual([
    ...["NetworkManager note", "systemd-networkd note", "Docker note", "firewalld note"],
  ]);
  for (const { cure } of lines) expect(cure).toContain("docs/other-programs.md");
  expect(await checkPrograms(withFiles("mount -t tmpfs none /run"))).toEqual([]);
});

test.each([
  ["kernel", "apparmor_restrict_unprivileged_userns", "1"],
  ["kernel", "unprivileged_userns_clone", "0"],
  ["user", "max_user_namespaces", "0"],
])("settings that keep users from making namespaces are named, with the fix: %s.%s", async (folder, name, value) => {
  const path = `/proc/sys/${folder}/${name}`;
  const host = withFiles(`mount -t tmpfs none /proc/sys/${folder}; echo ${value} >${path}`);
  const line = (await checkUser(host)).find(({ what }) => what === "user namespaces");
  expect(line).toMatchObject({ result: "note", detail: `${path} is ${value}: a lab needs root` });
  expect(line?.cure).toMatch(new RegExp(`^sysctl -w ${folder}\\.${name}=\\d+$`));
});

describe("the host's firewall", () => {
  const netns = world.netns("fw");
  const host = behind("nsenter", `--net=/run/netns/${netns}`, "--");
  const line = async (what: string) => (await checkFirewall(host)).find((each) => each.what === what);
  beforeAll(() => world.addNetns(netns));

  test("a policy DROP of FORWARD, as Docker sets it, is named", async () => {
    expect(await line("policy of FORWARD")).toMatchObject({ result: "ok", detail: "ACCEPT" });
    await world.runIn(netns, "iptables", "-P", "FORWARD", "DROP");
    expect(await line("policy of FORWARD")).toMatchObject({ result: "note", detail: expect.stringMatching(/^DROP: /) });
    await world.runIn(netns, "iptables", "-P", "FORWARD", "ACCEPT");
  });

  const lacking = lack("both backends of iptables");
  (lacking ? test.skip : test)(`rules in both backends are told${lacking ? ` (${lacking})` : ""}`, async () => {
    expect(await line("backend of iptables")).toMatchObject({ result: "ok" });
    const isLegacy = (await world.run("iptables", "-V")).includes("legacy");
    await world.runIn(netns, isLegacy ? "iptables-nft" : "iptables-legacy", "-A", "FORWARD", "-j", "ACCEPT");
    expect(await line("backend of iptables")).toMatchObject({
      ...{ result: "missing", cure: expect.stringContaining("update-alternatives --config iptables") },
      detail: expect.stringContaining("holds rules here"),
    });
  });
});

let kernel: Promise<Line[]> | undefined;

test.each<[what: string, feature: Feature]>([
  ["Dummy", "dummy"],
  ["Vlan", "vlan"],
  ["Ipvlan", "ipvlan"],
  ["XfrmInterface", "xfrm"],
  ["XfrmState: esp", "ipsec states"],
  ["Vrf", "vrf"],
  ["Bond", "bond"],
  ["Ifb", "ifb"],
  ["Tap", "tap"],
  ["Wireguard", "wireguard"],
  ["Tunnel: gre, gretap", "tunnel"],
  ["impairment", "netem"],
  ["Qdisc: fq", "qdisc fq"],
  ["Qdisc: prio", "qdisc prio"],
  ["TrafficFilter: flower", "filters"],
  ["IpSet", "ipset"],
  ["IpvsService, IpvsBackend, ServiceTable: ipvs", "ipvs"],
])("for %s of the kernel it says what a trial shows", async (what, feature) => {
  kernel ??= checkKernel(testHost());
  const line = (await kernel).find((each) => each.what === what);
  expect(line).toMatchObject({ result: lack(feature) ? "missing" : "ok" });
});

test("it checks everything, and makes its trials in a namespace that ends with it", async () => {
  const run = jest.spyOn(testHost(), "run");
  const checks = [checkUser, checkCommands, checkKernel, checkFirewall, checkPrograms];
  const lines = (await Promise.all(checks.map((check) => check(testHost())))).flat();
  const commands = run.mock.calls.map(([argv]) => argv.join(" "));
  run.mockRestore();
  const looks = /^(id -u|cat |ls |modprobe --show-depends |\S+ -[vV]$|\S+ --version$|ip6?tables(-legacy|-nft)?-save$)/;
  expect(commands.filter((each) => !looks.test(each) && !each.startsWith("unshare --net "))).toEqual([]);
  const of = (what: string) => lines.find((each) => each.what === what);
  // In a user namespace the text about root differs.
  expect(of("root")).toMatchObject({ result: expect.stringMatching(/ok|note/) });
  expect(of("ip")).toMatchObject({ result: "ok", detail: expect.stringContaining("iproute2-") });
  expect(of("VethPair, Pod")).toMatchObject({ result: "ok" });
  // In a user namespace nobody may read all of it, which is one line.
  expect(lines.filter(({ group }) => group === "firewall")[0]?.result).toMatch(/ok|note/);
  for (const { result, cure } of lines) if (result === "missing") expect(cure).toBeDefined();
});
