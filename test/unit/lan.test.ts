import * as pulumi from "@pulumi/pulumi";
import * as dynamic from "../../provider/src";
import { linkName, mtuOf, pairsOf, reasonAgainst, vniOf } from "../../provider/src/components/lan/plan";

beforeAll(() =>
  pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) }),
);

const known = (output: pulumi.Output<unknown>) => new Promise((resolve) => output.apply(resolve));

test("the mtu is what VXLAN leaves, and enough for IPv6", () => {
  expect(mtuOf(1500, ["192.0.2.1", "192.0.2.2"])).toBe(1450);
  expect(mtuOf(9000, ["2001:db8::1", "2001:db8::2"])).toBe(8930);
  expect(mtuOf(1330, ["192.0.2.1"])).toBe(1280);
  expect(mtuOf(1329, ["192.0.2.1"])).toMatch(/^underlayMtu: must be at least 1330 between the hosts, and is 1329/);
});

test("the number of a VXLAN follows from its name, and its link's name fits", () => {
  expect(vniOf("p/s/lan")).toBe(vniOf("p/s/lan"));
  expect(vniOf("p/s/lan")).not.toBe(vniOf("p/t/lan"));
  expect(linkName(0xffffff)).toHaveLength(13);
  expect(pairsOf({ a: 1, b: 2, c: 3 })).toHaveLength(6);
});

test("one host twice, and hosts without a way to each other, are told by the routes", () => {
  const way = { from: "a", to: "b", exists: true, mtu: 1500 };
  expect(reasonAgainst([way])).toBeUndefined();
  expect(reasonAgainst([{ ...way, local: true }])).toBe("b: is the same host as a, whose own address it has");
  expect(reasonAgainst([{ ...way, exists: false }])).toBe("b: a has no route to its address");
});

describe("what is wrong is told before anything is made", () => {
  const [one, again, two] = ["ssh://one", "ssh://one", "ssh://two"].map(
    (host, index) => new dynamic.Provider(`p${index}`, { host }),
  ) as [dynamic.Provider, dynamic.Provider, dynamic.Provider];
  const member = (provider: dynamic.Provider) => ({ provider, bridge: new dynamic.Bridge("b", {}, { provider }) });
  test.each<[what: string, args: () => object, message: string]>([
    ["one host", () => ({ hosts: { a: member(one) } }), "hosts: must be at least two"],
    ["a host twice", () => ({ hosts: { a: member(one), b: member(again) } }), "b: is the same host as a"],
    ["no provider", () => ({ hosts: { a: member(one), b: { ...member(two), provider: {} } } }), "b.provider: must be"],
    ["no bridge", () => ({ hosts: { a: member(one), b: { provider: two } } }), "b.bridge: must be a Bridge"],
    ["a number", () => ({ hosts: { a: member(one), b: member(two) }, vni: 0 }), "vni: must be 1 to 16777215"],
    ["another way", () => ({ hosts: { a: member(one), b: member(two) }, over: "gre" }), "over: must be vxlan"],
  ])("%s", (_, args, message) => {
    expect(() => new dynamic.Lan("lan", args() as dynamic.LanArgs)).toThrow(`Lan lan: ${message}`);
  });
});

test("the address of a provider is what it says, or that which ssh connects to, unless nobody else reaches it there", async () => {
  const config = (name: string) => `Host lab\n  HostName ${name}\n`;
  const address = (args: dynamic.ProviderArgs) => known(new dynamic.Provider("p", args).address);
  expect(await address({ host: "ssh://lab", address: "192.0.2.7" })).toBe("192.0.2.7");
  expect(await address({ host: "ssh://lab", sshConfig: config("192.0.2.9") })).toBe("192.0.2.9");
});
