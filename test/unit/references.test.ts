import * as pulumi from "@pulumi/pulumi";
import { Bridge, Netns, Pod, Probe, Route, VethPair } from "../../provider/src";
import { textOf } from "../../provider/src/pulumi/meaning";

// Resources as inputs, in place of strings.

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call: ({ inputs }) => inputs,
  }),
);

const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

async function network() {
  const [lab, pod] = [new Netns("lab"), new Netns("pod")];
  const bridge = new Bridge("br0", { netns: lab, addresses: ["10.0.0.1/24", "fd00::1/64"] });
  const veth = new VethPair("veth0", {
    ...{ netns: lab, addresses: ["10.1.0.1/24"] },
    peer: { name: "eth0", netns: pod, addresses: ["10.1.0.2/24"] },
  });
  return { lab, pod, bridge, veth };
}

test("a link as a next hop becomes its first address of the destination's IP version", async () => {
  const { pod, bridge } = await network();
  const four = new Route("r4", { netns: pod, destination: "default", via: bridge });
  const six = new Route("r6", { netns: pod, destination: "fd01::/64", via: bridge });
  expect([await value(four.via), await value(six.via)]).toEqual(["10.0.0.1", "fd00::1"]);
  const all = new Pod("p", { bridge, gateway: bridge, gateway6: bridge });
  expect([await value(all.gateway), await value(all.gateway6)]).toEqual(["10.0.0.1", "fd00::1"]);
});

test("a pair becomes the end in the route's namespace as a link, and the other end's address as a next hop", async () => {
  const { lab, pod, veth } = await network();
  const out = new Route("out", { netns: pod, destination: "default", device: veth, via: veth });
  expect([await value(out.device), await value(out.via)]).toEqual(["eth0", "10.1.0.1"]);
  const back = new Route("back", { netns: lab, destination: "10.2.0.0/24", device: veth, via: veth });
  expect([await value(back.device), await value(back.via)]).toEqual(["veth0", "10.1.0.2"]);
  // The name of a namespace works too.
  const named = new Route("named", { netns: "pod", destination: "default", device: veth });
  expect(await value(named.device)).toBe("eth0");
});

test("a resource may be in a list of objects", async () => {
  const { pod, bridge, veth } = await network();
  const nextHops = [{ via: bridge }, { via: veth, device: veth, weight: 2 }];
  const route = new Route("r", { netns: pod, destination: "default", nextHops });
  expect(await value(route.nextHops)).toEqual([{ via: "10.0.0.1" }, { via: "10.1.0.1", device: "eth0", weight: 2 }]);
});

test("in a probe or a backend, a pair becomes the address of its other end, and a pod its own address", async () => {
  const { lab, pod, bridge, veth } = await network();
  const addressOf = async (probe: Probe) => (await value(probe.ping))?.address;
  expect(await addressOf(new Probe("in", { netns: lab, ping: { address: veth } }))).toBe("10.1.0.2");
  expect(await addressOf(new Probe("out", { netns: pod, ping: { address: veth } }))).toBe("10.1.0.1");
  const far = new Pod("far", { netns: lab, bridge, addresses: ["fd00::9/64"] });
  expect(await addressOf(new Probe("far", { netns: lab, ping: { address: far } }))).toBe("fd00::9");
});

test("a link without such an address is an error that names the input and the link", () => {
  expect(() => textOf("via", "address", ["br0", ["10.0.0.1/24"], "lab", undefined, "lab", "fd01::/64"])).toThrow(
    "via: br0 has no IPv6 address",
  );
});
