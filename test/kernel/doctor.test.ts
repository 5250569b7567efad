import type { Line } from "../../provider/src/cli/doctor/check";
import { checkCommands } from "../../provider/src/cli/doctor/commands";
import { checkKernel } from "../../provider/src/cli/doctor/kernel";
import { checkFirewall, checkPrograms } from "../../provider/src/cli/doctor/surroundings";
import { checkUser } from "../../provider/src/cli/doctor/user";
import { type Feature, lack } from "./support/features";
import { testHost, World } from "./support/world";

const world = new World();
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

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
  ["Wireguard", "wireguard"],
  ["Tunnel: gre, gretap", "tunnel"],
  ["impairment", "netem"],
  ["Qdisc: fq", "qdisc fq"],
  ["Qdisc: prio", "qdisc prio"],
  ["TrafficFilter: flower", "filters"],
  ["IpSet", "ipset"],
  ["IpvsService, IpvsBackend", "ipvs"],
])("of the kernel it says of %s what a trial shows", async (what, feature) => {
  kernel ??= checkKernel(testHost());
  const line = (await kernel).find((each) => each.what === what);
  expect(line).toMatchObject({ result: lack(feature) ? "missing" : "ok" });
});

test("it looks at all, and what it tries it tries in a namespace that ends with it", async () => {
  const run = jest.spyOn(testHost(), "run");
  const checks = [checkUser, checkCommands, checkKernel, checkFirewall, checkPrograms];
  const lines = (await Promise.all(checks.map((check) => check(testHost())))).flat();
  const commands = run.mock.calls.map(([argv]) => argv.join(" "));
  run.mockRestore();
  const looks = /^(id -u|cat |ls |modprobe --show-depends |\S+ -[vV]$|\S+ --version$|ip6?tables(-legacy|-nft)?-save$)/;
  expect(commands.filter((each) => !looks.test(each) && !each.startsWith("unshare --net "))).toEqual([]);
  const of = (what: string) => lines.find((each) => each.what === what);
  // In a user namespace root is told apart.
  expect(of("root")).toMatchObject({ result: expect.stringMatching(/ok|note/) });
  expect(of("ip")).toMatchObject({ result: "ok", detail: expect.stringContaining("iproute2-") });
  expect(of("VethPair, Pod")).toMatchObject({ result: "ok" });
  // In a user namespace nobody may look at all of it, which is one line.
  expect(lines.filter(({ group }) => group === "firewall")[0]?.result).toMatch(/ok|note/);
  for (const { result, cure } of lines) if (result === "missing") expect(cure).toBeDefined();
});
