import { isIPv6 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as dynamic from "../../provider/src";
import {
  innerAddress,
  mtusOf,
  pairsOf,
  reasonAgainst,
  vniOf,
  vxlanName,
  wireguardName,
} from "../../provider/src/components/lan/plan";
import * as native from "../../provider/src/native";

beforeAll(() =>
  pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) }),
);

const known = (output: pulumi.Output<unknown>) => new Promise((resolve) => output.apply(resolve));

test("the mtu is what the VXLAN leaves, and large enough for IPv6", () => {
  const lan = (underlay: number, address: string) => mtusOf(underlay, [address, address], {});
  expect(lan(1500, "192.0.2.1")).toEqual({ wireguard: 1500, lan: 1450 });
  expect(lan(9000, "2001:db8::1")).toMatchObject({ lan: 8930 });
  expect(lan(1330, "192.0.2.1")).toMatchObject({ lan: 1280 });
  expect(lan(1329, "192.0.2.1")).toMatch(/^underlayMtu: must be at least 1330 between the hosts, and is 1329: VXLAN/);
});

test("over WireGuard the mtu is less by both headers, for the larger of two outer headers", () => {
  const of = (underlay: number, ...addresses: string[]) => mtusOf(underlay, addresses, { over: "wireguard" });
  expect(of(1500, "192.0.2.1", "192.0.2.2")).toEqual({ wireguard: 1440, lan: 1370 });
  expect(of(1500, "192.0.2.1", "2001:db8::2")).toEqual({ wireguard: 1420, lan: 1350 });
  expect(of(1410, "192.0.2.1")).toMatchObject({ lan: 1280 });
  expect(of(1409, "192.0.2.1")).toMatch(/must be at least 1410 .* WireGuard takes 60 and VXLAN 70 bytes/);
});

test("the number of a VXLAN follows from its name, and the names of its links fit", () => {
  expect(vniOf("p/s/lan")).toBe(vniOf("p/s/lan"));
  expect(vniOf("p/s/lan")).not.toBe(vniOf("p/t/lan"));
  expect([vxlanName(0xffffff), wireguardName(0xffffff)]).toEqual(["vxlan16777215", "wg16777215"]);
  expect(pairsOf({ a: 1, b: 2, c: 3 })).toHaveLength(6);
});

test("inside of WireGuard the hosts of a LAN have a network of their own", () => {
  const [a, b, other] = [innerAddress("p/s/lan", "a"), innerAddress("p/s/lan", "b"), innerAddress("p/t/lan", "a")];
  const network = (address: string) => address.split(":").slice(0, 4).join(":");
  expect(isIPv6(a)).toBe(true);
  expect(a).toMatch(/^fd/);
  expect([network(b), network(other) === network(a)]).toEqual([network(a), false]);
  expect(a).not.toBe(b);
});

test("the routes show one host twice, hosts without a way to each other, and two IP versions", () => {
  const way = { from: "a", to: "b", exists: true, mtu: 1500 };
  const alike = new Map([
    ["a", "192.0.2.1"],
    ["b", "192.0.2.2"],
  ]);
  const mixed = new Map([...alike, ["b", "2001:db8::2"]]);
  expect(reasonAgainst([way], alike, {})).toBeUndefined();
  expect(reasonAgainst([{ ...way, local: true }], alike, {})).toBe(
    "b: is the same host as a, whose own address it has",
  );
  expect(reasonAgainst([{ ...way, exists: false }], alike, {})).toBe("b: a has no route to its address");
  const rule = "b: the address 2001:db8::2 must be of the same IP version as that of a, 192.0.2.1";
  expect(reasonAgainst([way], mixed, {})).toBe(rule);
  expect(reasonAgainst([way], mixed, { over: "wireguard" })).toBeUndefined();
});

describe("mistakes are reported before anything is made", () => {
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
    [
      "another way",
      () => ({ hosts: { a: member(one), b: member(two) }, over: "gre" }),
      "over: must be vxlan or wireguard",
    ],
    [
      "a port of none",
      () => ({ hosts: { a: member(one), b: member(two) }, listenPort: 1 }),
      "listenPort: has no meaning",
    ],
  ])("%s", (_, args, message) => {
    expect(() => new dynamic.Lan("lan", args() as dynamic.LanArgs)).toThrow(`Lan lan: ${message}`);
  });
});

test.each([dynamic, native])(
  "the address of a provider is what it says, or that which ssh connects to, unless nobody else reaches it there",
  async ({ Provider }) => {
    const config = (name: string) => `Host lab\n  HostName ${name}\n`;
    const address = (args: dynamic.ProviderArgs) => known(new Provider("p", args).address);
    expect(await address({ host: "ssh://lab", address: "192.0.2.7" })).toBe("192.0.2.7");
    expect(await address({ host: "ssh://lab", sshConfig: config("192.0.2.9") })).toBe("192.0.2.9");
  },
);
