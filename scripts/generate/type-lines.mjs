// Lines of TypeScript for the fields of kinds and functions.

/**
 * @typedef {import("./fields.mjs").Field} Field
 * @typedef {import("./fields.mjs").Schema} Schema
 */

/** A property of an interface of inputs. @param {Field} field @param {string} owner */
export function inputLines(field, owner) {
  const { key, doc, bounds, fallback, required, replaces, of } = field;
  const notes = [doc, bounds, fallback && `Default: ${fallback}.`, replaces && "A change replaces the resource."];
  const type = [wrapped(inputType(field, owner)), ...of].join(" | ");
  return [...comment(notes, "  "), required ? `  ${key}: ${type};` : `  ${key}?: ${type} | undefined;`];
}

/** The interfaces of the objects in an input. @param {Field} field @param {string} owner @returns {string[]} */
export function inputObjects(field, owner) {
  const name = `${owner}${capital(field.key)}`;
  const lines = field.objects.map((fields) => fields.flatMap((each) => inputLines(each, name)));
  return [
    ...declaration(`${name}Args`, `${partOf(field)} input \`${field.key}\` of {@link ${owner}Args}.`, lines),
    ...field.objects.flat().flatMap((each) => inputObjects(each, name)),
  ];
}

/** The interfaces of the objects in an output. @param {Field} field @param {string} owner @returns {string[]} */
export function outputObjects(field, owner) {
  const name = `${owner}${capital(field.key)}`;
  const lines = field.objects.map((fields) => resultLines(fields, name));
  return [
    ...declaration(name, `${partOf(field)} output \`${field.key}\` of {@link ${owner}}.`, lines),
    ...field.objects.flat().flatMap((each) => outputObjects(each, name)),
  ];
}

/** @param {Field[]} fields @param {string} owner */
export function resultLines(fields, owner) {
  return fields.flatMap((each) => {
    const type = outputType(each, owner);
    const property = each.always ? `readonly ${each.key}: ${type}` : `readonly ${each.key}?: ${type} | undefined`;
    return [...comment([each.doc], "  "), `  ${property};`];
  });
}

/** @param {Field} field */
export function partOf({ isList }) {
  return isList ? "An entry of the" : "The";
}

/** @param {string} name @param {string} doc @param {string[][]} objects */
export function declaration(name, doc, objects) {
  const [only, ...others] = objects;
  if (!only) return [];
  if (others.length === 0) return ["", ...comment([doc], ""), `export interface ${name} {`, ...only, "}"];
  const alternatives = objects.flatMap((lines) => ["  | {", ...lines.map((line) => `    ${line}`), "    }"]);
  return ["", ...comment([doc], ""), `export type ${name} =`, ...alternatives.slice(0, -1), `${alternatives.at(-1)};`];
}

/** @param {Field} field @param {string} owner */
function inputType({ key, schema, objects, isList, takesText }, owner) {
  if (objects.length === 0) return typeOf(schema, wrapped);
  const name = `${takesText ? "string | " : ""}${owner}${capital(key)}Args`;
  return isList ? `${wrapped(name)}[]` : name;
}

/** @param {string} type */
function wrapped(type) {
  return `pulumi.Input<${type}>`;
}

/** @param {Field} field @param {string} owner */
export function outputType({ key, schema, objects, isList, output }, owner) {
  if (objects.length) return `${owner}${capital(key)}${isList ? "[]" : ""}`;
  return output ?? typescriptType(schema);
}

/** @param {Field} field @param {string} type */
export function optional({ always }, type) {
  return always ? type : `${type} | undefined`;
}

/** A type in TypeScript's words. @param {Schema} schema */
export function typescriptType(schema) {
  return typeOf(schema, (type) => type);
}

/**
 * @param {Schema} schema
 * @param {(type: string) => string} wrap adds the type that wraps values in lists and records
 * @returns {string}
 */
function typeOf(schema, wrap) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) {
    const types = [...new Set(schema.anyOf.map((each) => typeOf(each, wrap)))];
    return types.filter((type) => !(type.startsWith('"') && types.includes("string"))).join(" | ");
  }
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  if (schema.type === "integer") return "number";
  if (schema.type === "array") {
    const item = typeOf(schema.items ?? {}, wrap);
    if (item === "unknown") return "unknown[]";
    const wrapped = wrap(item);
    return wrapped === item && item.includes("|") ? `(${item})[]` : `${wrapped}[]`;
  }
  if (schema.type === "object") return `Record<string, ${wrap(typeOf(schema.additionalProperties || {}, wrap))}>`;
  return schema.type ?? "unknown";
}

const width = 120;

/** A comment, on as many lines as its sentences need. @param {(string | false | undefined)[]} sentences @param {string} indent */
export function comment(sentences, indent) {
  const text = sentences.filter(Boolean).join(" ").replaceAll("*/", "*\\/");
  if (indent.length + text.length + 7 <= width) return [`${indent}/** ${text} */`];
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + 4 + last.length + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}

/** @param {string} text */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
