/**
 * An input or an output, with what the documentation says of it.
 * @typedef {object} Field
 * @property {string} key
 * @property {string} doc one or more sentences, without the defaults and bounds that the schema has
 * @property {string} [fallback] its default, in words
 * @property {string} [bounds] a sentence
 * @property {boolean} required
 * @property {boolean} always whether every resource has a value
 * @property {boolean} replaces
 * @property {readonly string[]} of the classes whose resources it takes
 * @property {Schema} schema
 * @property {string} [output] its type as an output, if that differs from its type as an input
 * @property {Field[][]} objects the fields of the object that it takes, or of each of several
 * @property {boolean} isList whether it takes a list of these objects
 * @property {boolean} takesText whether an entry of this list may be a text instead
 */

/**
 * JSON Schema as zod writes it, with the fields' own data.
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema | false} [additionalProperties]
 * @property {string[]} [required]
 * @property {unknown} [default]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [maxLength]
 * @property {number} [maxItems]
 * @property {unknown} [replace]
 * @property {string} [of]
 * @property {string} [reference]
 * @property {boolean} [parent]
 * @property {boolean} [stays]
 * @property {boolean} [busy]
 * @property {boolean} [secret]
 * @property {string} [environment]
 */

/**
 * @param {string} place
 * @param {Schema} object
 * @param {Record<string, import("./docs.mjs").FieldDocs>} docs
 * @param {(of: string) => string[]} membersOf the types of the kinds that a reference takes
 * @param {boolean} [replaced] whether a change of the object replaces the resource
 * @returns {Field[]}
 */
export function fieldsOf(place, object, docs, membersOf, replaced = false) {
  return Object.entries(object.properties ?? {}).map(([key, schema]) => {
    const path = `${place}.${key}`;
    const { doc, input, output, objects } = docs[key] ?? { doc: "", input: "", output: "", objects: [] };
    if (!doc) throw new Error(`${path} has no comment`);
    const named = key === "name" && !place.includes(".");
    const given = named
      ? "the resource's name"
      : schema.default === undefined
        ? undefined
        : JSON.stringify(schema.default);
    const [, words = doc, documented] = /^(.*?) ?Default: (.*)\.$/.exec(doc) ?? [];
    if (documented && given) throw new Error(`${path}: its comment need not say "Default", the schema does: ${given}`);
    const required = !named && (object.required ?? []).includes(key);
    const replaces = replaced || schema.replace === true;
    const otherwise = given ?? documented;
    const fallback = schema.environment
      ? `\`${schema.environment}\` in the environment, or else ${otherwise}`
      : otherwise;
    const bounds = boundsOf(schema);
    const isList = schema.items !== undefined && objectsIn(schema.items).length > 0;
    return {
      key,
      doc: words,
      ...(fallback && { fallback }),
      ...(bounds && { bounds }),
      required,
      always: required || given !== undefined,
      replaces,
      of: schema.of === undefined ? [] : membersOf(schema.of),
      schema,
      ...(input !== output && { output }),
      isList,
      takesText: isList && (schema.items?.anyOf ?? []).some(({ type }) => type === "string"),
      objects: objectsIn((isList && schema.items) || schema).map((each, index) =>
        fieldsOf(path, each, objects[index] ?? {}, membersOf, replaces),
      ),
    };
  });
}

/** @param {Schema} schema @returns {Schema[]} */
function objectsIn(schema) {
  return schema.properties ? [schema] : (schema.anyOf ?? []).flatMap(objectsIn);
}

/** @param {Schema} schema */
function boundsOf({ minimum, maximum, maxLength, maxItems }) {
  const meant = (/** @type {number | undefined} */ bound) => Math.abs(bound ?? Infinity) < Number.MAX_SAFE_INTEGER;
  if (meant(minimum) && meant(maximum)) return `${minimum} to ${maximum}.`;
  if (meant(minimum)) return `At least ${minimum}.`;
  if (meant(maximum)) return `At most ${maximum}.`;
  if (maxLength !== undefined) return `At most ${maxLength} characters.`;
  return maxItems === undefined ? undefined : `At most ${maxItems}.`;
}
