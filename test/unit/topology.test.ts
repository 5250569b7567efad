import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rowsOf } from "../../provider/src/cli/commands/ls";
import type { LabObject } from "../../provider/src/cli/topology/object";
import { topologyOf } from "../../provider/src/cli/topology/topology";
import { readDeployment } from "../../provider/src/pulumi/recorded";

const lab = readDeployment(readFileSync(join(__dirname, "../fixtures/states/rootless-lab.json"), "utf8"));
const object = (type: string, name: string, outputs: object, netns?: string): LabObject => ({
  ...{
    type,
    name,
    id: netns === undefined ? name : `${name}@${netns}`,
    netns,
    inputs: {},
    outputs: { name, ...outputs },
  },
});

test("the links of a lab lead from the pods to the bridge of the node", () => {
  const { links, namespaces, processes } = topologyOf(lab);
  const facts = links.map(({ netns, name, addresses, master, peer }) => ({ netns, name, addresses, master, peer }));
  expect(facts).toHaveLength(7);
  expect(facts).toContainEqual({
    ...{ netns: "foo", name: "eth0", addresses: ["10.95.0.2/24"], master: undefined },
    peer: { netns: "node", name: "veth-foo" },
  });
  expect(facts).toContainEqual({
    ...{ netns: "node", name: "veth-foo", addresses: [], master: "cni0", peer: { netns: "foo", name: "eth0" } },
  });
  expect(namespaces.map(({ name }) => name).sort()).toEqual(["bar", "baz", "foo", "node"]);
  expect(processes.map(({ netns }) => netns).sort()).toEqual(["bar", "baz", "foo"]);
});

test("a pod is a namespace with one link inside and one outside", () => {
  const pod = object("Pod", "p1", { bridge: "br0", addresses: ["10.0.0.2/24"], macAddress: "02::" }, "lab");
  const { links, namespaces } = topologyOf([pod]);
  expect(links).toMatchObject([
    { netns: "lab", master: "br0", addresses: [], peer: { netns: "p1", name: "eth0" } },
    { netns: "p1", name: "eth0", addresses: ["10.0.0.2/24"] },
  ]);
  expect(namespaces.map(({ name }) => name)).toEqual(["p1", "lab"]);
});

test("an Address is shown at its link, and at no other link of that name", () => {
  const eth0 = (netns: string) => object("Dummy", "eth0", { ifindex: 1, addresses: [] }, netns);
  const address = object("Address", "more", { device: "eth0", address: "10.0.0.9/32" }, "a");
  const { links } = topologyOf([eth0("a"), eth0("b"), address]);
  expect(links.map(({ netns, addresses }) => [netns, addresses])).toEqual([
    ["a", ["10.0.0.9/32"]],
    ["b", []],
  ]);
});

test("a service has its own backends, and not those of a service with the same address elsewhere", () => {
  const service = (netns: string) => ({ ...object("IpvsService", "tcp/10.0.0.1:80", {}, netns) });
  const backend = (netns: string) =>
    object("IpvsBackend", `b-${netns}`, { service: `tcp/10.0.0.1:80@${netns}`, address: "fd00::2", port: 80 }, netns);
  const { services } = topologyOf([service("a"), service("b"), backend("b")]);
  expect(services.map(({ netns, backends }) => [netns, backends.map(({ address }) => address)])).toEqual([
    ["a", []],
    ["b", ["[fd00::2]:80"]],
  ]);
});

test("only rules and policies that let nothing pass are barriers", () => {
  const rules = ["DROP", "REJECT", "ACCEPT"].map((target) => object("IptablesRule", target, { target }));
  const policy = object("IptablesPolicy", "policy", { policy: "DROP" });
  expect(topologyOf([...rules, policy]).barriers.map(({ object: { name } }) => name)).toEqual([
    "DROP",
    "REJECT",
    "policy",
  ]);
});

test("the list has the host's own namespace first, pods in the order of their numbers, and links before rules", () => {
  const objects = [
    object("IptablesRule", "r", { target: "DROP" }, "pod-2"),
    ...["pod-10", "pod-2"].map((name) => object("Netns", name, {})),
    object("Dummy", "d0", { ifindex: 1 }, "pod-2"),
    object("Bridge", "br0", { ifindex: 1 }),
  ];
  const rows = rowsOf(objects.map((each) => ({ object: each, state: "ok", remarks: [] })));
  expect(rows.map(({ netns, type }) => `${netns} ${type}`)).toEqual([
    ...["undefined Bridge", "pod-2 Netns", "pod-2 Dummy", "pod-2 IptablesRule", "pod-10 Netns"],
  ]);
});
