import * as pulumi from "@pulumi/pulumi";
import type { LeafSpineArgs, RingArgs } from "../../provider/src";
import { checkLeafSpine, checkLine, checkRing } from "../../provider/src/components/topology/check";
import { leafSpine, line, ring } from "../../provider/src/components/topology/graph";
import { type PlannedCable, planned } from "../../provider/src/components/topology/plan";

test("each leaf has a link to every spine, and one more leaf changes none of them", () => {
  const { nodes, cables } = leafSpine(2, 2);
  expect(nodes).toEqual(["spine1", "spine2", "leaf1", "leaf2"]);
  expect(cables.map(({ name }) => name)).toEqual(["leaf1-spine1", "leaf1-spine2", "leaf2-spine1", "leaf2-spine2"]);
  const args = { network: "10.0.0.0/16", loopbacks: "10.255.0.0/24" };
  const [small, large] = [planned(leafSpine(2, 2), args), planned(leafSpine(2, 3), args)];
  expect(large.cables.slice(0, 4)).toEqual(small.cables);
  expect(large.nodes.slice(0, 4)).toEqual(small.nodes);
});

test("each link has two addresses, and each node has one", () => {
  const { nodes, cables } = planned(ring(3), {
    network: "10.0.0.0/24",
    loopbacks: "fd00::/64",
    cut: ["router2-router3"],
  });
  expect(cables).toEqual([
    { name: "router1-router2", ends: ["router1", "router2"], addresses: ["10.0.0.0/31", "10.0.0.1/31"], isCut: false },
    { name: "router2-router3", ends: ["router2", "router3"], addresses: ["10.0.0.2/31", "10.0.0.3/31"], isCut: true },
    { name: "router3-router1", ends: ["router3", "router1"], addresses: ["10.0.0.4/31", "10.0.0.5/31"], isCut: false },
  ] satisfies PlannedCable[]);
  expect(nodes.map(({ loopback }) => loopback)).toEqual(["fd00::1/128", "fd00::2/128", "fd00::3/128"]);
  expect(planned(ring(3), {}).cables[0]?.addresses).toEqual([]);
});

test("routes use all shortest ways", () => {
  const args = { network: "10.0.0.0/16", loopbacks: "10.255.0.0/24", routes: true };
  const { routes } = planned(leafSpine(2, 2), args);
  expect(routes.find(({ node, destination }) => node === "leaf1" && destination === "10.255.0.4/32")).toEqual({
    node: "leaf1",
    destination: "10.255.0.4/32",
    source: "10.255.0.3",
    nextHops: [
      { via: "10.0.0.1", device: "spine1" },
      { via: "10.0.0.3", device: "spine2" },
    ],
  });
  // From each node to each other node.
  expect(routes).toHaveLength(12);
});

test("without addresses of nodes, routes lead to the links that a node is not on", () => {
  const { routes } = planned(line(4), { network: "fd00::/120", routes: true });
  const of = (name: string) => routes.filter(({ node }) => node === name);
  expect(of("router1")).toEqual([
    { node: "router1", destination: "fd00::2/127", nextHops: [{ via: "fd00::1", device: "router2" }] },
    { node: "router1", destination: "fd00::4/127", nextHops: [{ via: "fd00::1", device: "router2" }] },
  ]);
  expect(of("router2")).toEqual([
    { node: "router2", destination: "fd00::4/127", nextHops: [{ via: "fd00::3", device: "router3" }] },
  ]);
});

test("in a ring that is cut, the routes take the other way, and without a way there is no route", () => {
  const args = { network: "10.0.0.0/24", routes: true, loopbacks: "10.1.0.0/24" };
  const hops = (cut: string[]) =>
    planned(ring(4), { ...args, cut })
      .routes.filter(({ node, destination }) => node === "router1" && destination === "10.1.0.3/32")
      .map(({ nextHops }) => nextHops.map(({ device }) => device));
  expect(hops([])).toEqual([["router2", "router4"]]);
  expect(hops(["router4-router1"])).toEqual([["router2"]]);
  expect(hops(["router4-router1", "router1-router2"])).toEqual([]);
});

const good: LeafSpineArgs = { spines: 2, leaves: 3 };
test.each<[Partial<LeafSpineArgs> | object, string]>([
  [{ spines: 0 }, "LeafSpine fabric: spines: must be a whole number, 1 to 250"],
  [{ leaves: 1.5 }, "LeafSpine fabric: leaves: must be a whole number, 1 to 250"],
  [{ leaves: undefined }, "LeafSpine fabric: leaves: is required"],
  [{ leaves: pulumi.output(2) }, "LeafSpine fabric: leaves: must be known to the program, not an output"],
  [{ hosts: 2 }, "LeafSpine fabric: has no input hosts"],
  [{ network: "10.0.0.1/24" }, "LeafSpine fabric: network: must be a network, all bits behind the prefix zero"],
  [{ network: 10 }, "LeafSpine fabric: network: must be a network, such as 10.0.0.0/16"],
  [{ network: "10.0.0.0/29" }, "LeafSpine fabric: network: is too small for 6 cables with two addresses each"],
  [{ network: "10.0.0.1/32" }, "LeafSpine fabric: network: is too small for 6 cables"],
  [{ loopbacks: "10.0.0.0/30" }, "LeafSpine fabric: loopbacks: is too small for 5 nodes"],
  [{ routes: true }, "LeafSpine fabric: routes: needs network"],
  [
    { routes: true, network: "10.0.0.0/24", loopbacks: "fd00::/64" },
    "LeafSpine fabric: loopbacks: must be of the IP version of network, for routes",
  ],
  [{ cut: ["leaf4-spine1"] }, "LeafSpine fabric: cut: there is no cable leaf4-spine1, but leaf1-spine1"],
  [{ cut: "leaf1-spine1" }, "LeafSpine fabric: cut: must be a list of names of cables"],
  [{ forwarding: "yes" }, "LeafSpine fabric: forwarding: must be true or false"],
  [{ cables: { name: "eth0" } }, "LeafSpine fabric: cables: has no input name"],
])("%j is refused, and the property and its rule named", (args, message) => {
  expect(() => checkLeafSpine("LeafSpine fabric", { ...good, ...args } as LeafSpineArgs)).toThrow(message);
});

test("the largest networks that fit are accepted", () => {
  const fits = { ...good, network: "10.0.0.0/28", loopbacks: "10.1.0.0/29", cut: ["leaf3-spine2"], routes: true };
  expect(checkLeafSpine("LeafSpine fabric", { ...fits, cables: { mtu: 9000 } })).toEqual(leafSpine(2, 3));
  expect(() => checkRing("Ring ring", { routers: 2 } as RingArgs)).toThrow(
    "Ring ring: routers: must be a whole number, 3",
  );
  expect(() => checkLine("Line line", { routers: 1 })).toThrow("Line line: routers: must be a whole number, 2 to 250");
  expect(checkLine("Line line", { routers: 2 }).cables).toHaveLength(1);
});
