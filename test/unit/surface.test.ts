import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as surface from "../../provider/src";
import { functions } from "../../provider/src/functions";
import { kinds } from "../../provider/src/kinds";
import * as native from "../../provider/src/native";
import { sample, samples } from "./support/samples";

const root = join(__dirname, "../..");
const types = Object.keys(kinds);
const kebab = (type: string) => type.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();
const registered: { type: string; inputs: Record<string, unknown> }[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, inputs });
      return { id: name, state: inputs };
    },
    call: ({ inputs }) => inputs,
  }),
);

test.each(types)("%s is exported as a class, and its arguments as a type", (type) => {
  expect(surface).toHaveProperty(type);
  const declared = readFileSync(join(root, "provider/src/generated/resources.ts"), "utf8");
  expect(declared).toContain(`interface ${type}Args`);
});

/** Components, and functions for addresses. */
const components = [
  "HostLink",
  "KubeProxyNode",
  "Lan",
  "LeafSpine",
  "Line",
  "Ring",
  "VirtualService",
  "addressIn",
  "subnet",
];

test("only components and providers are exported beside them, and the native plugin exports the same", () => {
  const all = [
    "Provider",
    ...components,
    ...types,
    ...Object.keys(functions).flatMap((name) => [name, `${name}Output`]),
  ].sort();
  expect(Object.keys(surface).sort()).toEqual(all);
  expect(Object.keys(native).sort()).toEqual(all);
});

test("programs that Pulumi generates import existing paths of the package", () => {
  const text = (name: string) => readFileSync(join(root, "provider", name), "utf8");
  const manifest = JSON.parse(text("package.json"));
  const packageName = /"(pulumi-localnet\/\w+)"/.exec(text("bin/pulumi-resource-localnet"))?.[1];
  expect(manifest.exports[packageName?.replace(manifest.name, ".") ?? ""]).toBe("./dist/native.js");
});

test("a class of the native plugin registers the kind's type, with only the inputs of the program", async () => {
  const made = new native.Route("r", { netns: new native.Netns("n"), destination: "default", via: "10.0.0.1" });
  await new Promise((resolve) => pulumi.output(made.urn).apply(resolve));
  const [route] = registered.filter(({ type }) => type === "localnet:index:Route");
  expect(route?.inputs).toEqual({ destination: "default", via: "10.0.0.1" });
});

test.each([surface, native])(
  "a resource that cannot be declared says where, and leaves stacks as they were",
  ({ Netns }) => {
    const limit = Error.stackTraceLimit;
    let stack: string | undefined;
    try {
      new Netns("");
    } catch (error) {
      stack = (error as Error).stack;
    }
    expect(stack).toContain(__filename);
    expect(Error.stackTraceLimit).toBe(limit);
  },
);

test.each(types)("%s has no input or output with a name that the state reserves", (type) => {
  const { args, outputs } = kinds[type] as (typeof kinds)[string];
  const names = Object.keys({ ...args.shape, ...outputs.shape });
  expect(names.filter((name) => ["imported", "__external", "__provider", "id", "urn"].includes(name))).toEqual([]);
});

test.each(types)("%s has a case of the kernel contract", (type) => {
  expect(existsSync(join(root, `test/kernel/cases/${kebab(type)}.test.ts`))).toBe(true);
});

test("the provider in the state is one short line, the same for all resources of a kind", async () => {
  for (const type of types) {
    const make = (surface as unknown as Record<string, new (name: string, args: object) => pulumi.Resource>)[type];
    if (!make) throw new Error(`${type} is not exported`);
    for (const name of ["a", "another-name"]) {
      const { owner: _, ...args } = sample(type, { ...samples[type] });
      const made = new make(name, args);
      await new Promise((resolve) => pulumi.output(made.urn).apply(resolve));
    }
    const texts = registered
      .filter((each) => each.type === `pulumi-nodejs:localnet:${type}`)
      .map(({ inputs }) => String(inputs.__provider));
    expect(texts).toHaveLength(2);
    expect(new Set(texts).size).toBe(1);
    expect(Buffer.byteLength(texts[0] ?? "")).toBeLessThan(75);
    expect(texts[0]).not.toContain("\n");
  }
});
