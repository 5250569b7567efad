/**
 * @typedef {import("./fields.mjs").Field} Field
 * @typedef {import("./model.mjs").KindModel} KindModel
 * @typedef {import("./fields.mjs").Schema} Schema
 * @typedef {Record<string, unknown>} Json
 */

const token = (/** @type {string} */ name) => `localnet:index:${name}`;
const any = { $ref: "pulumi.json#/Any" };

/** The text of provider/schema.json: the kinds as Pulumi describes packages. @param {import("./model.mjs").Model} model @param {Json} manifest */
export function packageSchema(
  { common, configuration, functions, kinds },
  { version, description, keywords, license, author, homepage },
) {
  /** @type {Json} */
  const types = {};
  const resources = kinds.map((kind) => {
    const { type, args, outputs } = kind;
    const inputs = [...args, ...common];
    const results = [...inputs, ...outputs];
    return [
      token(type),
      {
        description: pageOf(kind),
        inputProperties: properties(inputs, (field) => described(field, type, true, types)),
        requiredInputs: keys(inputs, ({ required }) => required),
        properties: properties(results, (field) => described(field, type, false, types)),
        required: keys(results, ({ always }) => always),
      },
    ];
  });
  const functionTypes = functions.map(({ name, summary, args, outputs }) => {
    const place = name.charAt(0).toUpperCase() + name.slice(1);
    const object = (/** @type {Field[]} */ fields, /** @type {boolean} */ input) => ({
      type: "object",
      properties: properties(fields, (field) => described(field, place, input, types)),
      required: keys(fields, ({ required, always }) => (input ? required : always)),
    });
    return [token(name), { description: summary, inputs: object(args, true), outputs: object(outputs, false) }];
  });
  const settings = properties(configuration, (field) => described(field, "", true, types));
  const all = [.../** @type {string[]} */ (keywords), "category/network", "kind/native"];
  const schema = {
    ...{ name: "localnet", version, displayName: "localnet", description, keywords: all, license },
    ...{ publisher: author, homepage, repository: homepage, logoUrl: `${homepage}/raw/main/docs/logo.svg` },
    // A release has the plugin's archives beside it, as `npm run release` names them.
    pluginDownloadURL: `${homepage}/releases/download/v\${VERSION}`,
    // With supportPack the SDKs made from this are whole: they hold the version, and for Go a module.
    meta: { moduleFormat: "(.*)", supportPack: true },
    language: {
      go: { generateResourceContainerTypes: true, respectSchemaVersion: true },
      nodejs: { respectSchemaVersion: true },
      python: { pyproject: { enabled: true }, respectSchemaVersion: true },
    },
    config: { variables: settings },
    provider: { description: "The settings of a set of resources.", inputProperties: settings },
    types,
    resources: Object.fromEntries(resources),
    functions: Object.fromEntries(functionTypes),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** The description of a kind that editors and the registry show. @param {import("./model.mjs").KindModel} kind */
function pageOf({ type, summary, id, isImportable, sample, sampleId }) {
  const example = [
    ...["{{% examples %}}", "## Example Usage", "{{% example %}}", "```yaml", "resources:", "  example:"],
    ...[`    type: localnet:${type}`, "    properties:"],
    ...Object.entries(sample).map(([key, value]) => `      ${key}: ${JSON.stringify(value)}`),
    ...["```", "{{% /example %}}", "{{% /examples %}}"],
  ];
  const imports = ["", "## Import", "", "```sh", `$ pulumi import ${token(type)} example '${sampleId}'`, "```"];
  return [`${summary} Id: ${id}.`, "", ...example, ...(isImportable ? imports : [])].join("\n");
}

/** @param {Field[]} fields @param {(field: Field) => Json} describe */
function properties(fields, describe) {
  return Object.fromEntries(fields.map((field) => [field.key, describe(field)]));
}

/** @param {Field[]} fields @param {(field: Field) => boolean} test */
function keys(fields, test) {
  return fields.filter(test).map(({ key }) => key);
}

/**
 * Describes a property, and adds the types of the objects in it to the types.
 * @param {Field} field @param {string} place @param {boolean} input @param {Json} types @returns {Json}
 */
function described(field, place, input, types) {
  const { doc, bounds, fallback, replaces, schema } = field;
  // The generator for Go fails on the default of an input that takes a resource.
  const hasDefault = ["string", "number", "boolean"].includes(typeof schema.default) && field.of.length === 0;
  const otherwise = (schema.default === undefined || field.of.length > 0) && fallback;
  const notes = input && [bounds, otherwise && `Default: ${otherwise}.`];
  return {
    ...typeOf(schema, field, place, input, types),
    description: [doc, ...(notes || [])].filter(Boolean).join(" "),
    ...(input && hasDefault && { default: schema.default }),
    ...(schema.environment && { defaultInfo: { environment: [schema.environment] } }),
    ...(schema.secret && { secret: true }),
    ...(input && replaces && { willReplaceOnChanges: true }),
  };
}

/** @param {Schema} schema @param {Field} field @param {string} place @param {boolean} input @param {Json} types @returns {Json} */
function typeOf(schema, field, place, input, types) {
  const name = `${place}${capital(field.key)}`;
  if (field.objects.length > 0) {
    const refs = field.objects.map((fields) => {
      // An input and its output share a type, of which the SDKs' generators make two. But in an output a resource is a string.
      const suffix = !input && takesResources(fields) ? "State" : "";
      const id = token(`${name}${distinction(fields, field.objects)}${suffix}`);
      types[id] ??= {
        type: "object",
        description: field.doc,
        properties: properties(fields, (each) => described(each, name, input, types)),
        required: keys(fields, ({ required, always }) => (input ? required : always)),
      };
      return { $ref: `#/types/${id}` };
    });
    const all = input && field.takesText ? [{ type: "string" }, ...refs] : refs;
    const one = all.length > 1 ? { oneOf: all } : /** @type {Json} */ (all[0]);
    return field.isList ? { type: "array", items: one } : one;
  }
  const valueSchema = valueSchemaOf(schema, (values) => {
    const id = token(name);
    types[id] ??= { type: "string", description: field.doc, enum: values.map((value) => ({ value })) };
    return { $ref: `#/types/${id}` };
  });
  // The generator for TypeScript fails on a class that takes one of itself.
  const others = input ? field.of.filter((type) => type !== place) : [];
  const resources = others.map((type) => ({ $ref: `#/resources/${token(type)}` }));
  return resources.length > 0 ? { oneOf: [valueSchema, ...resources] } : valueSchema;
}

/** @param {Field[]} fields @returns {boolean} */
function takesResources(fields) {
  return fields.some(({ of, objects }) => of.length > 0 || objects.some(takesResources));
}

/** Names one of several objects by the first input that none of the others has. @param {Field[]} fields @param {Field[][]} all */
function distinction(fields, all) {
  if (all.length === 1) return "";
  const others = new Set(all.filter((each) => each !== fields).flatMap((each) => each.map(({ key }) => key)));
  const distinctKey = fields.find(({ key }) => !others.has(key))?.key;
  if (!distinctKey) throw new Error("an object that may be one of several has no input that tells it from the others");
  return capital(distinctKey);
}

/**
 * @param {Schema} schema
 * @param {(values: unknown[]) => Json} named the type of an enumeration of strings
 * @returns {Json}
 */
function valueSchemaOf(schema, named) {
  if (schema.enum) return named(schema.enum);
  if (schema.const !== undefined) return { type: Number.isInteger(schema.const) ? "integer" : typeof schema.const };
  if (schema.anyOf) {
    // An enumeration that also takes any string is a string.
    const all = schema.anyOf.map((each) => valueSchemaOf(each, () => ({ type: "string" })));
    const types = [...new Map(all.map((type) => [JSON.stringify(type), type])).values()];
    return types.length === 1 ? /** @type {Json} */ (types[0]) : { oneOf: types };
  }
  if (schema.type === "array") return { type: "array", items: valueSchemaOf(schema.items ?? {}, named) };
  if (schema.type === "object")
    return { type: "object", additionalProperties: valueSchemaOf(schema.additionalProperties || {}, named) };
  if (Array.isArray(schema.type)) return { oneOf: schema.type.map((type) => ({ type })) };
  return schema.type ? { type: schema.type } : any;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
