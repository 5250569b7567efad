import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { readDocs, readSamples } from "./docs.mjs";
import { fieldsOf } from "./fields.mjs";

/** @typedef {import("./fields.mjs").Field} Field */

/**
 * @typedef {object} KindModel
 * @property {string} type
 * @property {string} summary
 * @property {string} id
 * @property {readonly string[]} needs
 * @property {Field[]} args the inputs, without those of every kind
 * @property {Field[]} outputs the outputs that are no inputs
 * @property {number} [longestName] the longest name that an object of the kind may have
 * @property {boolean} argsRequired whether a resource of this kind needs inputs
 * @property {boolean} isImportable
 * @property {Record<string, unknown>} sample inputs that are valid
 * @property {string} sampleId the id of the object with these inputs
 */

/**
 * @typedef {object} FunctionModel
 * @property {string} name
 * @property {string} summary
 * @property {readonly string[]} needs
 * @property {Field[]} args
 * @property {Field[]} outputs
 */

/**
 * @typedef {object} Model
 * @property {Field[]} common inputs of every kind
 * @property {Field[]} configuration the settings of all resources together
 * @property {KindModel[]} kinds
 * @property {FunctionModel[]} functions
 * @property {Record<string, string>} codes
 * @property {{ code: string, summary: string, hint: string }[]} causes
 * @property {{ summary: string, hint: string }[]} sshCauses
 * @property {string} sampleError
 * @property {Record<string, { package: string, version?: { atLeast: string } }>} requirements
 */

const load = createRequire(join(root, "provider/package.json"));

/** Reads the built provider, and the comments in its source. @returns {Model} */
export function readModel() {
  const { z } = load("zod");
  const { kinds: registry, ...exports } = load("./dist/kinds");
  const { functions } = load("./dist/functions");
  const { configuration } = load("./dist/core/kind");
  const { check } = load("./dist/core/check");
  const { codes } = load("./dist/errors");
  const { causes } = load("./dist/host/causes");
  const { sshCauses, noShell } = load("./dist/host/ssh-causes");
  const { commandError } = load("./dist/host/command-error");
  const { requirements } = load("./dist/host/requirements");
  const docs = readDocs();
  const samples = readSamples();
  const all = /** @type {any[]} */ (Object.values(registry));
  const [first] = all;
  const isCommon = (/** @type {string} */ key) => all.every(({ args }) => args.shape[key] === first.args.shape[key]);

  // A reference asks for a type, or for a tag that kinds have.
  const membersOf = (/** @type {string} */ of) =>
    all.filter(({ type, tags = [] }) => type === of || tags.includes(of)).map(({ type }) => type);
  const schemaOf = (/** @type {unknown} */ object) => z.toJSONSchema(object, { io: "input", unrepresentable: "any" });
  const docsOf = (/** @type {any} */ kind) => {
    const comments = docs[Object.keys(exports).find((key) => exports[key] === kind) ?? ""];
    const id = comments?.id || kind.idForm;
    if (!comments || !id) throw new Error(`${kind.type}: there is no comment on "id" that shows the form of its ids`);
    return { ...comments, id };
  };
  const argsOf = (/** @type {any} */ kind) =>
    fieldsOf(kind.type, schemaOf(kind.args), docsOf(kind).args, membersOf).filter(({ key }) => key !== "owner");

  return {
    common: argsOf(first).filter(({ key }) => isCommon(key)),
    configuration: fieldsOf("configuration", schemaOf(configuration), docs.configuration?.args ?? {}, membersOf),
    kinds: all.map((kind) => {
      const isRight = (/** @type {number} */ length) =>
        check(kind, { ...exampleOf({ owner: "" }), ...samples[kind.type], name: "n".repeat(length) }).failures
          .length === 0;
      const name = kind.args.shape.name;
      const longestName = name && !name.meta()?.existing ? longest(isRight) : undefined;
      const args = argsOf(kind).filter(({ key }) => !isCommon(key));
      const bare = { owner: "project/stack/name", ...("name" in kind.args.shape ? { name: "name" } : {}) };
      return {
        type: kind.type,
        summary: kind.summary,
        id: docsOf(kind).id,
        needs: kind.needs,
        ...(longestName && { longestName }),
        args,
        outputs: fieldsOf(kind.type, schemaOf(kind.outputs), docsOf(kind).outputs, membersOf),
        argsRequired: check(kind, bare).failures.length > 0,
        isImportable: kind.imports !== undefined,
        sample: samples[kind.type] ?? {},
        sampleId: kind.id(check(kind, { ...exampleOf(bare), ...samples[kind.type] }).inputs),
      };
    }),
    functions: Object.values(functions).map((/** @type {any} */ { name, summary, needs, args, outputs }) => {
      const { args: argDocs, outputs: outputDocs } = docs[name] ?? { args: {}, outputs: {} };
      // The argument "name" of a function names the object to look for. It is no resource's name.
      const place = `function.${name}`;
      return {
        ...{ name, summary, needs },
        args: fieldsOf(place, schemaOf(args), argDocs, membersOf),
        outputs: fieldsOf(place, schemaOf(outputs), outputDocs, membersOf),
      };
    }),
    codes,
    causes,
    sshCauses: [...sshCauses, noShell],
    sampleError: sampleError(commandError),
    requirements,
  };
}

/** @param {(length: number) => boolean} isRight */
function longest(isRight) {
  let length = 256;
  while (!isRight(length)) length--;
  return length;
}

/** The smallest valid inputs of a resource, with the name that the examples use. @param {{ owner: string, name?: string }} bare */
function exampleOf(bare) {
  return { ...bare, owner: "project/stack/example", ...(bare.name && { name: "example" }) };
}

/** @param {(argv: string[], result: object) => any} commandError */
function sampleError(commandError) {
  const argv = ["ip", "-n", "lab", "link", "add", "name", "br0", "type", "bridge"];
  const error = commandError(argv, { exitCode: 2, stdout: "", stderr: "Error: Unknown device type.\n" });
  return error.about({ kind: "Bridge", id: "br0@lab", op: "create" }).message;
}
