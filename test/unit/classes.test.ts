import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as surface from "../../provider/src";
import { kinds } from "../../provider/src/kinds";
import * as native from "../../provider/src/native";
import recorded from "./support/generated-sdk.json";

const types = Object.keys(kinds);
const registered: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

/** The outputs of a resource that is only read. */
let state: object = {};

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, name, inputs });
      return { id: name, state: { ...inputs, ...(inputs.__external && state) } };
    },
    call: ({ token, inputs }) => ({ token, inputs }),
  }),
);

interface Class {
  new (name: string, args: object): pulumi.Resource;
  readonly __pulumiType: string;
  get(name: string, id: string): pulumi.Resource;
  isInstance(value: unknown): boolean;
}

describe.each([
  ["dynamic provider", surface as object, "pulumi-nodejs:localnet:"],
  ["native plugin", native as object, "localnet:index:"],
])("the classes of the %s are as Pulumi generates them", (_, exported, prefix) => {
  test.each(types)("%s has its name, its type, isInstance and get", async (type) => {
    const made = exported as Record<string, Class>;
    const [netns, other] = [made[type], made[type === "Netns" ? "Bridge" : "Netns"]] as [Class, Class];
    expect([netns.name, netns.__pulumiType]).toEqual([type, prefix + type]);
    const existing = netns.get("seen", "an id");
    const answers = [netns, other].map(({ isInstance }) => [existing, undefined, null, {}].map(isInstance));
    expect(answers).toEqual([[true, false, false, false], Array(4).fill(false)]);
    // From a second copy of this package, which another package has installed.
    expect(netns.isInstance({ __pulumiType: prefix + type })).toBe(true);
    expect(await new Promise((resolve) => pulumi.output(existing.urn).apply(resolve))).toContain(
      `${prefix}${type}::seen`,
    );
    const registeredInputs = registered.find((each) => each.type === prefix + type)?.inputs;
    expect(Object.keys(registeredInputs ?? {}).sort()).toEqual(
      prefix.startsWith("localnet") ? ["__external"] : ["__external", "__provider", "owner"],
    );
  });
});

/** The resource with which a resource is deleted. */
function goesWith(declare: (options: pulumi.CustomResourceOptions) => void): unknown {
  let deletedWith: unknown = "not asked";
  const transformations = [
    ({ props, opts }: pulumi.ResourceTransformationArgs) => {
      ({ deletedWith } = opts as pulumi.CustomResourceOptions);
      return { props, opts };
    },
  ];
  declare({ transformations });
  return deletedWith;
}

test.each([surface, native])("objects in a namespace are deleted with it, unless it stays", (made) => {
  const kindClass = new made.Netns("own", {});
  const all = [kindClass, new made.Netns("attached", { pid: 7 }), made.Netns.get("found", "found")].map(
    (netns, index) => goesWith((options) => new made.Bridge(`in${index}`, { netns }, options)),
  );
  expect(all).toEqual([kindClass, undefined, undefined]);
});

test.each([surface, native])(
  "a resource that uses one with its own delete has its own delete too, before that one",
  (made) => {
    const netns = new made.Netns("place", {});
    const sets = [netns, "place"].map((each, index) => new made.IpSet(`set${index}`, { netns: each, type: "hash:ip" }));
    const all = sets.map((name, index) =>
      goesWith((options) => {
        const args = { netns, chain: "INPUT", target: "DROP", matchSet: { name, flags: ["src" as const] } };
        new made.IptablesRule(`rule${index}`, args, options);
      }),
    );
    expect(all).toEqual([netns, undefined]);
  },
);

test.each([surface, native])("a key, and peers with a key, are declared as secrets", async ({ Wireguard }) => {
  const peer = { publicKey: "p", presharedKey: "s" };
  const made = new Wireguard("keyed", { privateKey: "k", peers: [peer] });
  const bare = new Wireguard("bare", { privateKey: pulumi.output("k"), peers: [{ publicKey: "p" }] });
  const isSecret = (value: unknown) => pulumi.isSecret(value as pulumi.Output<unknown>);
  expect(await Promise.all([made.privateKey, made.peers].map(isSecret))).toEqual([true, true]);
  expect(await Promise.all([bare.privateKey, bare.peers].map(isSecret))).toEqual([true, false]);
});

test.each([surface, native])(
  "a key that is made is declared as a secret, and its public key is none",
  ({ WireguardKey }) => {
    let declared: pulumi.CustomResourceOptions = {};
    const record: pulumi.ResourceTransformation = ({ props, opts }) => {
      declared = opts;
      return { props, opts };
    };
    new WireguardKey("key", {}, { transformations: [record] });
    expect(declared.additionalSecretOutputs).toEqual(["privateKey"]);
  },
);

test.each([surface, native])("an object with a key is declared as a secret", async ({ XfrmState }) => {
  const both = { source: "10.0.0.1", destination: "10.0.0.2", spi: 257, selector: { source: "10.0.0.0/8" } };
  const made = new XfrmState("keyed", { ...both, encryption: { algorithm: "cbc(aes)", key: `0x${"00".repeat(16)}` } });
  const isSecret = (value: unknown) => pulumi.isSecret(value as pulumi.Output<unknown>);
  expect(await Promise.all([made.encryption, made.selector, made.spi].map(isSecret))).toEqual([true, false, false]);
});

test("an explicit provider has its settings as strings, and is accepted only as a provider", async () => {
  const made = new native.Provider("there", { host: "ssh://lab", sudo: pulumi.output(true), timeoutSeconds: 20 });
  await new Promise((resolve) => pulumi.output(made.urn).apply(resolve));
  const { inputs } = registered.find(({ type }) => type === "pulumi:providers:localnet") ?? {};
  expect(inputs).toEqual({ host: "ssh://lab", sudo: "true", timeoutSeconds: "20" });
  expect([native.Provider.isInstance(made), native.Netns.isInstance(made)]).toEqual([true, false]);
});

test("a resource that is only read has outputs", async () => {
  for (const { Bridge, Netns, Route } of [surface, native]) {
    state = { name: "there" };
    const netns = Netns.get("netns", "there");
    await new Promise((resolve) => netns.name.apply(resolve));
    state = { netns: "there", addresses: ["10.0.0.1/24"], name: "br0" };
    const bridge = Bridge.get("bridge", "br0@there");
    const route = new Route("through", { netns, destination: "default", via: bridge, device: bridge });
    const all = pulumi.all([route.netns, route.via, route.device]);
    expect(await new Promise((resolve) => all.apply(resolve))).toEqual(["there", "10.0.0.1", "br0"]);
  }
});

test("a function of the dynamic provider reads in the program's own process", async () => {
  const lo = { exists: true, ifindex: 1, type: "" };
  expect(await surface.getLink({ name: "lo" })).toMatchObject(lo);
  const made = surface.getLinkOutput({ name: pulumi.output("lo") }, { dependsOn: new surface.Netns("before") });
  expect(await new Promise((resolve) => made.apply(resolve))).toMatchObject(lo);
  await expect(surface.getLink({ name: "-x" })).rejects.toThrow("getLink -x: read: name: must be");
});

test("a function of the native plugin calls the plugin, with the values of resources", async () => {
  const [token, netns] = ["localnet:index:getLink", new native.Netns("there")];
  const inputs = { name: "lo", netns: "there" };
  expect(await native.getLink(inputs)).toEqual({ token, inputs });
  expect(native.getLink.name).toBe("getLink");
  const made = native.getLinkOutput({ name: "lo", netns });
  state = {};
  expect(await new Promise((resolve) => made.apply(resolve))).toMatchObject({ token });
});

describe("this package has all that Pulumi generates for Node.js from the schema, as recorded", () => {
  const generated = join(__dirname, "../../provider/src/generated");
  const declared = readdirSync(generated).map((name) => readFileSync(join(generated, name), "utf8"));

  test("exports", () => {
    expect(Object.keys(native)).toEqual(expect.arrayContaining(recorded.values));
    const dynamic = recorded.values.filter((name) => name !== "Provider");
    expect(Object.keys(surface)).toEqual(expect.arrayContaining(dynamic));
  });

  test("types", () => {
    const missing = recorded.types.filter(
      (name) => !declared.some((text) => text.includes(`export interface ${name} `)),
    );
    expect(missing).toEqual([]);
  });

  test.each(Object.entries(recorded.statics))("static members of %s", (name, statics) => {
    for (const exported of [native, ...(name === "Provider" ? [] : [surface])]) {
      expect(Object.getOwnPropertyNames(exported[name as "Netns"])).toEqual(expect.arrayContaining(statics));
    }
  });
});
