import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { configuration } from "../../provider/src/core/kind";
import { functions } from "../../provider/src/functions";
import { kinds } from "../../provider/src/kinds";
import { samples } from "./support/samples";

// The schema has all that the kinds define, so that editors and other languages have it too.

const read = (path: string) => JSON.parse(readFileSync(join(__dirname, "../../provider", path), "utf8"));
const [schema, manifest] = [read("schema.json"), read("package.json")];
const types = Object.keys(kinds);

interface Property {
  $ref?: string;
  type?: string;
  items?: Property;
  oneOf?: Property[];
  description?: string;
  default?: unknown;
  secret?: boolean;
  willReplaceOnChanges?: boolean;
}

/** JSON Schema from zod, with the data of the inputs. */
interface Known extends Omit<Property, "type" | "items"> {
  type?: string | string[];
  enum?: string[];
  anyOf?: Known[];
  items?: Known;
  properties?: Record<string, Known>;
  of?: string;
  replace?: unknown;
  environment?: string;
}

const known = (object: z.ZodObject) => z.toJSONSchema(object, { io: "input", unrepresentable: "any" }) as Known;
const typeAt = (ref?: string) => schema.types[ref?.replace("#/types/", "") ?? ""];
const options = (property: Property): Property[] => property.oneOf ?? [property];
const objectsOf = (field: Known): Known[] => (field.properties ? [field] : (field.anyOf ?? []).flatMap(objectsOf));

/** Each input, also inside objects: its path, its definition in the kind, and its entry in the schema. */
function* inputs(
  path: string,
  object: Known,
  described: Record<string, Property>,
): Generator<[string, Known, Property]> {
  for (const [key, field] of Object.entries(object.properties ?? {})) {
    if (key === "owner") continue;
    const property = described[key] ?? {};
    yield [`${path}.${key}`, field, property];
    const objects = objectsOf(field.items?.properties ? field.items : field);
    const refs = options(property.items ?? property).map(({ $ref }) => typeAt($ref));
    for (const [index, each] of objects.entries()) yield* inputs(`${path}.${key}`, each, refs[index]?.properties ?? {});
  }
}

const all = [
  ...Object.values(kinds).flatMap(({ type, args }) => [
    ...inputs(type, known(args), schema.resources[`localnet:index:${type}`].inputProperties),
  ]),
  ...Object.values(functions).flatMap(({ name, args }) => [
    ...inputs(name, known(args), schema.functions[`localnet:index:${name}`].inputs.properties),
  ]),
];
const wrong = (rule: (field: Known, property: Property, path: string) => boolean) =>
  all.filter(([path, field, property]) => !rule(field, property, path)).map(([path]) => path);

test("every input has a type and a description", () => {
  expect(all.length).toBeGreaterThan(700);
  const isTyped = ({ type, $ref, oneOf }: Property) => Boolean(type || $ref || oneOf);
  expect(wrong((_, property) => isTyped(property) && Boolean(property.description))).toEqual([]);
});

test("an input with a fixed set of values has a type with all of them", () => {
  const values = (property: Property) => typeAt(property.$ref)?.enum?.map((each: { value: string }) => each.value);
  const texts = all.filter(([, field]) => field.enum);
  expect(texts.length).toBeGreaterThan(60);
  expect(wrong((field, property) => !field.enum || `${values(property)}` === `${field.enum}`)).toEqual([]);
});

test("whole numbers are integers, and secrets and inputs that replace are marked", () => {
  expect(wrong((field, { type }) => field.type !== "integer" || type === "integer")).toEqual([]);
  expect(wrong((field, { secret }) => Boolean(field.secret) === Boolean(secret))).toEqual([]);
  expect(wrong(({ replace }, { willReplaceOnChanges }) => replace !== true || willReplaceOnChanges === true)).toEqual(
    [],
  );
});

test("each default is in the schema, as a value or in words", () => {
  const isScalar = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
  const tells = (field: Known, property: Property) =>
    property.default === field.default || property.description?.includes(`Default: ${JSON.stringify(field.default)}.`);
  expect(wrong((field, property) => !isScalar(field.default) || tells(field, property) === true)).toEqual([]);
});

test("an input that takes a resource also takes a string", () => {
  // Pulumi's generator for TypeScript fails on a class that takes one of itself.
  const fits = (of: string, path: string) =>
    types.filter(
      (type) => (type === of || kinds[type]?.tags?.includes(of)) && !new RegExp(`^${type}\\.\\w+$`).test(path),
    );
  const taken = (property: Property) => options(property).flatMap(({ $ref }) => $ref?.split(":index:")[1] ?? []);
  const references = all.filter(([, field]) => field.of);
  expect(references.length).toBeGreaterThan(90);
  for (const [path, { of = "" }, property] of references) {
    expect({ path, takes: taken(property) }).toEqual({ path, takes: fits(of, path) });
    expect(options(property).filter(({ $ref }) => !$ref?.startsWith("#/resources/"))).toEqual([expect.anything()]);
  }
});

test("types have names from their inputs, and each type is used", () => {
  const used = new Set(
    JSON.stringify(schema)
      .match(/#\/types\/[\w:]+/g)
      ?.map((ref) => ref.replace("#/types/", "")),
  );
  expect(Object.keys(schema.types).filter((name) => !used.has(name))).toEqual([]);
  expect(Object.keys(schema.types).filter((name) => /\D[1-9]$/.test(name))).toEqual([]);
});

test.each(types)("%s has an example, and an import command if it can be imported", (type) => {
  const kind = kinds[type] as (typeof kinds)[string];
  const { description } = schema.resources[`localnet:index:${type}`];
  const [, example = ""] = /## Example Usage\n.*?```yaml\n(.*?)```/s.exec(description) ?? [];
  expect(example).toContain(`type: localnet:${type}\n`);
  for (const [key, value] of Object.entries(samples[type] ?? {}))
    expect(example).toContain(`${key}: ${JSON.stringify(value)}`);
  const [, id] =
    /## Import\n\n```sh\n\$ pulumi import localnet:index:\w+ example '([^']*)'\n```/.exec(description) ?? [];
  expect(id !== undefined).toBe(kind.imports !== undefined);
  if (id !== undefined) expect(kind.imports?.parse(id)).toBeDefined();
});

test("settings may come from the environment", () => {
  const variables = Object.entries(known(configuration).properties ?? {}).map(([key, { environment }]) => [
    key,
    [environment],
  ]);
  for (const described of [schema.config.variables, schema.provider.inputProperties])
    expect(
      Object.entries(described as Record<string, { defaultInfo: { environment: string[] } }>).map(
        ([key, { defaultInfo }]) => [key, defaultInfo.environment],
      ),
    ).toEqual(variables);
});

test("the schema has the publisher, the description and the address for the registry", () => {
  const { homepage, version, author } = manifest;
  expect(schema).toMatchObject({ ...{ name: "localnet", version, homepage, repository: homepage, publisher: author } });
  expect(schema.keywords).toEqual(expect.arrayContaining(["category/network", "kind/native"]));
  expect(schema.logoUrl.startsWith(`${homepage}/`)).toBe(true);
  expect(readFileSync(join(__dirname, "../..", schema.logoUrl.split("/main/")[1]), "utf8")).toContain("<svg");
  expect(schema.pluginDownloadURL).toBe(`${homepage}/releases/download/v\${VERSION}`);
  expect(manifest.repository.url).toBe(`git+${homepage}.git`);
});
