import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import * as dynamic from "../../provider/src";
import { checkNode } from "../../provider/src/components/kube-proxy/check";
import * as native from "../../provider/src/native";
import { blocksIn, recorded, recordedBlocks, recordedIpvs } from "../fixtures/kube-proxy/recorded";
import { inModeIpvs, inModeNftables, shapes } from "../fixtures/kube-proxy/shapes";
import { checked, type Made, tablesAs, tablesOf } from "./support/iptables-tables";
import { ipvsOf } from "./support/ipvs-objects";
import { ofWeb } from "./support/kube-proxy";

let made: Made[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource({ type, name, inputs: { __provider, ...inputs } }) {
      made.push({ kind: type.split(":").at(-1) ?? "", name, inputs });
      return { id: name, state: inputs };
    },
    call: () => ({}),
  }),
);

/** All that a component makes, in no order. */
async function madeBy(makeComponent: () => pulumi.Resource, { Netns } = dynamic): Promise<Made[]> {
  made = [];
  // What depends on a component depends on all that is in it.
  const after = new Netns("after", {}, { dependsOn: makeComponent() });
  await new Promise((resolve) => pulumi.output(after.urn).apply(resolve));
  return made.filter(({ kind }) => !["KubeProxyNode", "VirtualService", "Netns", "Pod"].includes(kind));
}

/** All that a node makes. */
function objectsOf(args: dynamic.KubeProxyNodeArgs, provider = dynamic): Promise<Made[]> {
  return madeBy(() => new provider.KubeProxyNode("kp", args), provider);
}

test.each(Object.keys(shapes))(
  "%s: chains and rules are those of kube-proxy, names and order included",
  async (shape) => {
    const objects = await objectsOf(shapes[shape] ?? {});
    for (const family of ["ipv4", "ipv6"] as const) {
      const ours = tablesOf(objects, family);
      expect(ours).toEqual(tablesAs(recorded(shape, family), ours));
    }
    expect(objects.filter(({ kind }) => kind === "Sysctl").map(({ inputs }) => inputs)).toMatchObject([
      { key: "net/ipv4/conf/all/route_localnet", value: "1" },
    ]);
  },
);

test.each(Object.keys(shapes))("%s: in mode ipvs all objects are those of kube-proxy", async (shape) => {
  const objects = await objectsOf(inModeIpvs(shapes[shape] ?? {}));
  for (const family of ["ipv4", "ipv6"] as const) {
    const ours = tablesOf(objects, family);
    expect(ours).toEqual(tablesAs(recorded(shape, family, "ipvs"), ours));
  }
  expect(ipvsOf(objects)).toEqual(recordedIpvs(shape));
  const settings = objects.filter(({ kind }) => kind === "Sysctl").map(({ inputs }) => inputs.key);
  const vs = ["conntrack", "expire_nodest_conn", "expire_quiescent_template"].map((each) => `net/ipv4/vs/${each}`);
  expect(settings.sort()).toEqual(["net/ipv4/ip_forward", ...vs]);
});

/** The tables of nftables by IP versions, as blocks. */
const tablesOfNft = (objects: readonly Made[]) =>
  Object.fromEntries(objects.map(({ inputs }) => [inputs.family, blocksIn(String(inputs.ruleset))]));

test.each(Object.keys(shapes))("%s: in mode nftables both tables are those of kube-proxy", async (shape) => {
  const objects = await objectsOf(inModeNftables(shapes[shape] ?? {}));
  expect(objects.map((each) => checked(each).inputs.name)).toEqual(["kube-proxy", "kube-proxy"]);
  expect(tablesOfNft(objects)).toEqual({ ip: recordedBlocks(shape, "ipv4"), ip6: recordedBlocks(shape, "ipv6") });
});

test("what kube-proxy does not have, and what is missing or in another place, is seen", async () => {
  const objects = await objectsOf(shapes["g3-etp-local-externalip"] ?? {});
  const isEqual = (changed: readonly Made[]) => {
    const ours = tablesOf(changed, "ipv4");
    return isDeepStrictEqual(ours, tablesAs(recorded("g3-etp-local-externalip", "ipv4"), ours));
  };
  expect(isEqual(objects)).toBe(true);
  const ofService = objects.filter(({ name, inputs }) => inputs.family === "ipv4" && name.includes("default.web"));
  expect(ofService).toHaveLength(20);
  for (const each of ofService) {
    const others = objects.filter((other) => other !== each);
    expect({ without: each.name, isEqual: isEqual(others) }).toEqual({ without: each.name, isEqual: false });
    if (each.kind !== "IptablesRule") continue;
    const changed = { ...each, inputs: { ...each.inputs, inInterface: "eth0" } };
    expect({ changed: each.name, isEqual: isEqual([...others, changed]) }).toMatchObject({ isEqual: false });
  }
  const named = (end: string) => ofService.find(({ name }) => name.endsWith(end)) as Made;
  const [first, second] = [named("ext-masquerade"), named("ext-node")];
  const swapped = objects.map((each) => {
    const { priority } = (each === first ? second : each === second ? first : each).inputs;
    return { ...each, inputs: { ...each.inputs, priority } };
  });
  expect(isEqual(swapped)).toBe(false);
});

test("with the native plugin the objects are the same", async () => {
  const shape = shapes["i-dualstack"] ?? {};
  const texts = (objects: readonly Made[]) =>
    objects.map(({ inputs: { host, owner, ...inputs }, ...each }) => JSON.stringify({ ...each, inputs })).sort();
  expect(texts(await objectsOf(shape, native as unknown as typeof dynamic))).toEqual(texts(await objectsOf(shape)));
});

test.each([dynamic, native as unknown as typeof dynamic])(
  "a VirtualService is a node with one service, of the resource's name",
  async (provider) => {
    const web = { addresses: "10.96.0.1", ports: [{ port: 80 }], endpoints: ["10.0.0.2"] };
    const node = { mode: "ipvs", scheduler: "wrr", podCidr: "10.0.0.0/24", masqueradeAll: true } as const;
    const withoutOwner = (objects: readonly Made[]) =>
      objects.map(({ inputs: { owner: _, ...inputs }, ...each }) => ({ ...each, inputs }));
    const objects = await madeBy(() => new provider.VirtualService("web", { ...web, ...node }), provider);
    const ofNode = madeBy(
      () => new provider.KubeProxyNode("web", { ...node, services: [{ name: "web", ...web }] }),
      provider,
    );
    expect(withoutOwner(objects)).toEqual(withoutOwner(await ofNode));
    expect(
      () => new provider.VirtualService("bad", { ...web, ports: [{ port: 80, nodePort: 80 }], families: [] }),
    ).toThrow(
      "VirtualService bad: families: must not be empty\nVirtualService bad: ports.0.nodePort: must be 30000 to 32767",
    );
    expect(() => new provider.VirtualService("Bad", web)).toThrow("VirtualService Bad: name: must be such as web");
    expect(() => new provider.VirtualService("bad", { ...web, port: 1 } as typeof web)).toThrow(
      "VirtualService bad: has no input port",
    );
  },
);

test("a pod as an endpoint means its addresses of the service's IP versions, and comes before them", async () => {
  const pod = new dynamic.Pod("pod", { bridge: "br0", addresses: ["10.0.0.2/24", "fd00::2/64"] });
  const other = new dynamic.Pod("other", { bridge: "br0", addresses: ["10.0.0.3/24", "fd00::3/64"] });
  const four = ofWeb({ endpoints: [pod, { address: other, local: false }], internalTrafficPolicy: "Local" });
  const texts = (objects: readonly Made[]) => objects.map(({ inputs }) => JSON.stringify(inputs)).sort();
  const endpoints = ["10.0.0.2", { address: "10.0.0.3", local: false }];
  expect(texts(await objectsOf(four))).toEqual(
    texts(await objectsOf(ofWeb({ endpoints, internalTrafficPolicy: "Local" }))),
  );
  const both = { addresses: ["10.96.0.1", "fd00:96::1"] };
  expect(texts(await objectsOf(ofWeb({ ...both, endpoints: [pod] })))).toEqual(
    texts(await objectsOf(ofWeb({ ...both, endpoints: ["10.0.0.2", "fd00::2"] }))),
  );
  const [service] = checkNode("node", four).services;
  expect(service?.endpoints.map(({ dependsOn }) => dependsOn)).toEqual([[pod], [other]]);
});

test("a pod whose addresses the program does not know yet, or that has none of the version, is refused", () => {
  const rule = "services.0.endpoints.0: must have an address of the service's IP versions";
  const later = new dynamic.Pod("later", { bridge: "br0", addresses: [pulumi.output("10.0.0.2/24")] });
  const six = new dynamic.Pod("six", { bridge: "br0", addresses: ["fd00::2/64"] });
  for (const pod of [later, six, new dynamic.Netns("none")])
    expect(() => checkNode("node", ofWeb({ endpoints: [pod as dynamic.Pod] }))).toThrow(rule);
});

test("without IPv6 there is none of it, and a name is not that of a namespace", async () => {
  const objects = await objectsOf(ofWeb({}, { families: ["ipv4"] }));
  expect(objects.filter(({ inputs }) => inputs.family === "ipv6")).toEqual([]);
  expect(objects.map(({ name }) => name)).toContain("kp-v4-web-at-10.96.0.1");
});

test("adding an endpoint changes the rules before its own, and none behind", async () => {
  const rules = async (endpoints: string[]) => {
    const objects = await objectsOf(ofWeb({ endpoints }));
    return new Map(objects.map(({ name, inputs }) => [name, JSON.stringify(inputs)]));
  };
  const [had, has] = [await rules(["10.0.0.3", "10.0.0.5"]), await rules(["10.0.0.3", "10.0.0.4", "10.0.0.5"])];
  expect([...had.keys()].filter((name) => !has.has(name))).toEqual([]);
  expect([...has.keys()].filter((name) => had.has(name) && had.get(name) !== has.get(name))).toEqual([
    "kp-v4-web-svc-to-10.0.0.3",
  ]);
});

test("what two modes have under one name leads to the same chain: the other's stays until its own are all there", async () => {
  const all = { ports: [{ port: 80, nodePort: 30080 }], externalAddresses: ["192.0.2.1"] };
  const targets = async (node: dynamic.KubeProxyNodeArgs) =>
    new Map((await objectsOf(ofWeb(all, node))).map(({ name, inputs }) => [name, inputs.target]));
  const [iptables, ipvs] = [await targets({}), await targets({ mode: "ipvs", nodeAddresses: ["10.0.1.1"] })];
  const common = [...iptables].filter(([name]) => ipvs.has(name));
  expect(common.length).toBeGreaterThan(20);
  expect(common.filter(([name, target]) => ipvs.get(name) !== target)).toEqual([]);
});
