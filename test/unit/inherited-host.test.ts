import * as pulumi from "@pulumi/pulumi";
import * as dynamic from "../../provider/src";
import { shapes } from "../../provider/src/generated/shapes";
import * as native from "../../provider/src/native";
import type { References } from "../../provider/src/pulumi/meaning";

// A resource is on the host of the resources that it is given.

const answerHere = jest.fn(async (..._args: unknown[]) => ({}));
jest.mock("../../provider/src/pulumi/dynamic/functions", () => ({
  answerHere: (...args: unknown[]) => answerHere(...args),
}));

const [lab1, lab2] = ["ssh://lab1", "ssh://lab2"];

beforeAll(() =>
  pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) }),
);

const hostOf = (resource: pulumi.Resource) =>
  new Promise((resolve) => (resource as unknown as { host: pulumi.Output<string> }).host.apply(resolve));

test("a resource is on the host of the resources that it is given", async () => {
  for (const host of [lab1, pulumi.output(lab1)]) {
    const netns = new dynamic.Netns("there", { host });
    const bridge = new dynamic.Bridge("br", { netns });
    const pair = new dynamic.VethPair("v", { netns, master: bridge, peer: { name: "w", netns } });
    const route = new dynamic.Route("r", { destination: "default", device: pair, host: lab1 });
    for (const each of [netns, bridge, pair, route]) expect(await hostOf(each)).toBe(lab1);
  }
  expect(await hostOf(new dynamic.Bridge("here", { netns: new dynamic.Netns("here") }))).toBeUndefined();
});

test("all resources that it is given must be on its host: the error names the input", async () => {
  const [one, two, here] = [
    new dynamic.Netns("1", { host: lab1 }),
    new dynamic.Netns("2", { host: lab2 }),
    new dynamic.Netns("0"),
  ];
  const pair = (netns: dynamic.Netns, far: dynamic.Netns, host?: string) => () =>
    new dynamic.VethPair("v", { netns, peer: { name: "w", netns: far }, ...(host && { host }) });
  const rule = "peer.netns: must be on the resource's own host: it is on";
  expect(pair(one, two)).toThrow(`VethPair v: ${rule} ssh://lab2, not on ssh://lab1 as netns says`);
  expect(pair(one, here)).toThrow(`${rule} this machine, not on ssh://lab1`);
  expect(pair(one, one, lab2)).toThrow(
    "netns: must be on the resource's own host: it is on ssh://lab1, not on ssh://lab2 as host says",
  );
});

test("a function reads on the host of the resources that it is given", async () => {
  const there = new dynamic.Netns("there", { host: lab1 });
  await new Promise((resolve) => dynamic.getLinkOutput({ name: "lo", netns: there }).apply(resolve));
  expect(answerHere.mock.calls).toEqual([["getLink", { name: "lo", netns: "there", host: lab1 }, expect.anything()]]);
  expect(() => dynamic.getLinkOutput({ name: "lo", netns: there, host: lab2 })).toThrow(
    "getLink: netns: must be on the resource's own host: it is on ssh://lab1, not on ssh://lab2 as host says",
  );
});

describe("with the native plugin", () => {
  const token = "localnet:index:Netns";
  const provider = (name: string, host?: pulumi.Input<string>) => new native.Provider(name, host ? { host } : {});
  const component = (name: string, its: pulumi.ProviderResource) =>
    new pulumi.ComponentResource("test:Lab", name, {}, { providers: [its] });

  test("a resource has the provider of the resources that it is given", () => {
    const there = provider("there", lab1);
    const netns = new native.Netns("there", {}, { provider: there });
    const bridge = new native.Bridge("br", { netns });
    const route = new native.Route("r", { destination: "default", device: bridge });
    for (const each of [netns, bridge, route]) expect(each.getProvider(token)).toBe(there);
    expect(new native.Bridge("here", { netns: new native.Netns("here") }).getProvider(token)).toBeUndefined();
  });

  test("its own provider, or that of its component, must have the same host", () => {
    const [there, again, elsewhere] = [provider("1", lab1), provider("2", lab1), provider("3", lab2)];
    const netns = new native.Netns("n", {}, { parent: component("lab", there) });
    const explicit = new native.Bridge("own", { netns }, { provider: again });
    expect([netns, explicit].map((each) => each.getProvider(token))).toEqual([there, again]);
    const rule = "Bridge b: netns: must be on the resource's own host: it is on";
    const bridge = (options: pulumi.CustomResourceOptions) => () => new native.Bridge("b", { netns }, options);
    expect(bridge({ provider: elsewhere })).toThrow(`${rule} ssh://lab1, not on ssh://lab2 as provider says`);
    expect(bridge({ parent: component("other", elsewhere) })).toThrow(`${rule} ssh://lab1, not on ssh://lab2`);
    const peer = { name: "w", netns: new native.Netns("m") };
    expect(() => new native.VethPair("v", { netns, peer })).toThrow(
      "VethPair v: peer.netns: must be on the resource's own host: it is on this machine, not on ssh://lab1 as netns says",
    );
  });

  test("a function uses the provider of the resources that it is given", () => {
    const netns = new native.Netns("n", {}, { provider: provider("there", lab1) });
    const invoked = jest.spyOn(pulumi.runtime, "invokeOutput");
    native.getLinkOutput({ name: "lo", netns });
    native.getLinkOutput({ name: "lo", netns, host: lab2 });
    const providers = invoked.mock.calls.map(([, , options]) => options?.provider);
    expect(providers).toEqual([netns.getProvider(token), undefined]);
    const other = { provider: provider("elsewhere", lab2) };
    expect(() => native.getLinkOutput({ name: "lo", netns }, other)).toThrow(
      "getLink: netns: must be on the resource's own host: it is on ssh://lab1, not on ssh://lab2 as provider says",
    );
  });
});

test("a resource is on the host of its provider, or that of its component, and so must be the resources that it is given", async () => {
  const [one, two] = [lab1, lab2].map((host) => new dynamic.Provider(host, { host }));
  const inComponent = (providers: pulumi.ComponentResourceOptions["providers"]) =>
    new pulumi.ComponentResource("test:index:Lab", "lab", {}, { providers: providers ?? [] });
  const provider = one as dynamic.Provider;
  const options = [{ provider }, { parent: inComponent([provider]) }, { parent: inComponent({ localnet: provider }) }];
  for (const each of options) expect(await hostOf(new dynamic.Netns("n", {}, each))).toBe(lab1);
  expect(await hostOf(new dynamic.Netns("n", { host: lab2 }, { provider }))).toBe(lab2);
  const netns = new dynamic.Netns("two", {}, two && { provider: two });
  expect(() => new dynamic.Bridge("b", { netns }, { provider })).toThrow(
    "Bridge b: netns: must be on the resource's own host: it is on ssh://lab2, not on ssh://lab1 as provider says",
  );
});

test.each([
  ["dynamic", dynamic.Netns, native.Provider],
  ["native", native.Netns, dynamic.Provider],
])("a %s resource refuses a provider of the other import path", (_, Netns, Provider) => {
  expect(() => new Netns("n", {}, { provider: new Provider("p") })).toThrow(
    "Netns n: provider: must be a Provider of the import path that the resource is of",
  );
});

test("if nothing else names a host, the environment does, also for an explicit provider", async () => {
  process.env.LOCALNET_HOST = lab2;
  try {
    expect(await hostOf(new dynamic.Netns("n"))).toBe(lab2);
    expect(await hostOf(new dynamic.Netns("n", {}, { provider: new dynamic.Provider("env") }))).toBe(lab2);
  } finally {
    delete process.env.LOCALNET_HOST;
  }
});

/** Every input of a kind that takes a resource of its own host, and a value with such a resource in it. */
function* placesIn(
  references: References,
  prefix = "",
): Generator<[path: string, value: (resource: object) => object]> {
  for (const [key, reference] of Object.entries(references)) {
    const path = `${prefix}${key}`;
    if (typeof reference !== "string") {
      for (const [inner, value] of placesIn(reference, `${path}.`)) {
        yield [inner, (resource) => ({ [key]: value(resource) })];
        yield [inner, (resource) => ({ [key]: [value(resource)] })];
      }
    } else if (!reference.startsWith("address")) yield [path, (resource) => ({ [key]: resource })];
  }
}

const everyPlace = Object.entries(shapes).flatMap(([type, { references }]) =>
  [...placesIn(references)].map(([path, value]) => [type, path, value] as const),
);

describe("a resource on another host", () => {
  type Class = new (...args: unknown[]) => pulumi.Resource;
  let [there, far]: pulumi.Resource[] = [];
  let one: native.Provider;
  beforeAll(async () => {
    one = new native.Provider("one", { host: lab1 });
    there = new dynamic.Netns("there", { host: lab2 });
    far = new native.Netns("far", {}, { provider: new native.Provider("two", { host: lab2 }) });
    await Promise.all([there, far].map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
  });

  test.each(everyPlace)("is refused by %s as %s", (type, path, value) => {
    const [Dynamic, Native] = [dynamic, native].map(
      (classes) => (classes as unknown as Record<string, Class>)[type],
    ) as [Class, Class];
    const message = `${type} x: ${path}: must be on the resource's own host: it is on ssh://lab2, not on ssh://lab1`;
    expect(() => new Dynamic("x", { host: lab1, ...value(there as object) })).toThrow(message);
    expect(() => new Native("x", value(far as object), { provider: one })).toThrow(message);
  });
});

test("every kind with a namespace is tested", () => {
  const inNetns = Object.entries(shapes).filter(([, { inputs }]) => inputs.includes("netns"));
  expect(inNetns.map(([type]) => type)).toEqual(
    expect.arrayContaining(everyPlace.filter(([, path]) => path === "netns").map(([type]) => type)),
  );
  expect(everyPlace.filter(([, path]) => path === "netns")).toHaveLength(inNetns.length);
});
