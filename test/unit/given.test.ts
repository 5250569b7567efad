import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { unknown, type Values } from "../../provider/src/core/check";
import { shapes } from "../../provider/src/generated/shapes";
import { type Requests, withoutResources } from "../../provider/src/pulumi/native/given";
import { decode } from "../../provider/src/pulumi/native/struct";

// Resources as inputs in YAML, Go or Python. test/unit/references.test.ts has the same for TypeScript.

const urn = (type: string, name: string) => `urn:pulumi:stack::project::localnet:index:${type}::${name}`;
/** A resource, as the engine sends it. */
const resource = (type: string, name: string, id: string) => ({
  "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e",
  ...{ urn: urn(type, name), id, packageVersion: "" },
});
const [lab, pod] = [resource("Netns", "lab", "lab"), resource("Netns", "pod", "pod")];
const bridge = resource("Bridge", "br0", "br0@lab");
const veth = resource("VethPair", "veth0", "veth0@lab");

const requests: Requests = new Map<string, Values>([
  [lab.urn, { name: "lab" }],
  [pod.urn, { name: "pod" }],
  [bridge.urn, { name: "br0", netns: "lab", addresses: ["10.0.0.1/24", "fd00::1/64"] }],
  [
    veth.urn,
    {
      name: "veth0",
      netns: "lab",
      addresses: ["10.1.0.1/24"],
      peer: { name: "eth0", netns: "pod", addresses: ["10.1.0.2/24"] },
    },
  ],
]);

function given(type: string, values: Values, known = requests) {
  const { values: decoded } = decode(Struct.fromJavaScript(values as Record<string, string>));
  return withoutResources(shapes[type]?.references ?? {}, decoded, known);
}

test("a namespace and a master become their names, also inside an object", () => {
  const all = { netns: lab, master: bridge, peer: { name: "eth0", netns: pod } };
  expect(given("VethPair", all)).toEqual({
    values: { netns: "lab", master: "br0", peer: { name: "eth0", netns: "pod" } },
    failures: [],
  });
});

test("a next hop becomes its first address of the destination's IP version, and a device becomes the end in this namespace", () => {
  const four = { netns: pod, destination: "default", via: bridge, device: veth };
  expect(given("Route", four).values).toMatchObject({ netns: "pod", via: "10.0.0.1", device: "eth0" });
  expect(given("Route", { ...four, destination: "fd01::/64" }).values).toMatchObject({ via: "fd00::1" });
  const hops = [{ via: bridge }, { via: veth, device: veth, weight: 2 }];
  expect(given("Route", { netns: pod, destination: "default", nextHops: hops }).values).toMatchObject({
    nextHops: [{ via: "10.0.0.1" }, { via: "10.1.0.1", device: "eth0", weight: 2 }],
  });
  expect(given("Probe", { netns: lab, ping: { address: veth } }).values.ping).toEqual({ address: "10.1.0.2" });
});

test("a service becomes its id", () => {
  const service = resource("IpvsService", "web", "tcp/10.0.0.1:80@lab");
  expect(given("IpvsBackend", { service, address: "10.0.0.2" }).values).toMatchObject({
    service: "tcp/10.0.0.1:80@lab",
  });
});

test("a resource that this process has not checked is known only by the name in its id", () => {
  const none: Requests = new Map();
  expect(given("Dummy", { netns: lab, master: bridge }, none).values).toEqual({ netns: "lab", master: "br0" });
  expect(given("Route", { destination: "default", via: bridge }, none).failures).toEqual([
    { property: "via", reason: "via: the address of Bridge br0@lab is not known here: write it" },
  ]);
});

test("a link without such an address is a failure that names the input, also inside an object", () => {
  expect(given("Route", { destination: "default", nextHops: [{ via: lab }] }).failures).toEqual([
    { property: "nextHops.via", reason: "nextHops.via: lab has no IPv4 address" },
  ]);
});

test("a value that is unknown before an update is unknown in the resource that gets it", () => {
  const planned: Requests = new Map([[bridge.urn, { name: "br0", addresses: [unknown] }]]);
  expect(given("Route", { destination: "default", via: bridge }, planned)).toMatchObject({
    values: { via: unknown },
    failures: [],
  });
});
