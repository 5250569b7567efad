import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../lib/paths.mjs";

/**
 * What only the source code says of a field: its comment, and its types as zod's input and output.
 * @typedef {object} FieldDocs
 * @property {string} doc
 * @property {string} input
 * @property {string} output
 * @property {Record<string, FieldDocs>[]} objects the fields of the object that it takes, or of each of several
 */

/**
 * What only the source code says of a kind.
 * @typedef {object} KindDocs
 * @property {string} id the form of its ids
 * @property {Record<string, FieldDocs>} args
 * @property {Record<string, FieldDocs>} outputs
 */

/** The modules that export the kinds and the functions. */
const indexes = ["provider/src/kinds/index.ts", "provider/src/functions/index.ts"];

/**
 * Reads the comments in the source files of kinds and functions.
 * @returns {Record<string, KindDocs>} by the name that each is exported by
 */
export function readDocs() {
  const program = openProgram();
  const checker = program.getTypeChecker();
  const kinds = Object.fromEntries(
    indexes.flatMap(exportsOf).map((symbol) => {
      const type = checker.getTypeOfSymbol(symbol);
      return [
        symbol.name,
        { id: idForm(symbol, checker), args: fields(type, "args"), outputs: fields(type, "outputs") },
      ];
    }),
  );

  const settings = symbolIn("provider/src/core/kind.ts", "configuration");
  const shape = settings && property(checker.getTypeOfSymbol(settings), "shape");
  return { ...kinds, configuration: { id: "", args: shape ? fieldsOf(shape) : {}, outputs: {} } };

  /** @param {string} path @param {string} name */
  function symbolIn(path, name) {
    return exportsOf(path).find((each) => each.name === name);
  }

  /** @param {string} path */
  function exportsOf(path) {
    const file = program.getSourceFile(join(root, path));
    const exporting = file && checker.getSymbolAtLocation(file);
    if (!exporting) throw new Error(`${path} exports nothing`);
    return checker.getExportsOfModule(exporting);
  }

  /** @param {ts.Type} type @param {string} name @returns {ts.Type | undefined} */
  function property(type, name) {
    const symbol = checker.getPropertyOfType(type, name);
    return symbol && checker.getTypeOfSymbol(symbol);
  }

  /** @param {ts.Type} kind @param {string} part */
  function fields(kind, part) {
    const object = property(kind, part);
    const shape = object && property(object, "shape");
    return shape ? fieldsOf(shape) : {};
  }

  /** @param {ts.Type} shape @returns {Record<string, FieldDocs>} */
  function fieldsOf(shape) {
    return Object.fromEntries(
      checker.getPropertiesOfType(shape).map((symbol) => {
        const type = checker.getTypeOfSymbol(symbol);
        const zod = property(type, "_zod");
        const docs = {
          doc: ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll("\n", " "),
          input: text(zod && property(zod, "input")),
          output: text(zod && property(zod, "output")),
          objects: objectsIn(type).map(fieldsOf),
        };
        return [symbol.name, docs];
      }),
    );
  }

  /** The shapes of the objects in a field's type. @param {ts.Type} type @returns {ts.Type[]} */
  function objectsIn(type) {
    const name = type.symbol?.name ?? "";
    const [inner] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
    if (!inner) return [];
    if (name === "ZodObject") return [inner];
    if (["ZodOptional", "ZodDefault", "ZodArray", "ZodPipe"].includes(name)) return objectsIn(inner);
    const options = checker.getTypeArguments(/** @type {ts.TypeReference} */ (inner));
    return name === "ZodUnion" ? options.flatMap(objectsIn) : [];
  }

  /** @param {ts.Type | undefined} type */
  function text(type) {
    if (!type) return "unknown";
    return checker.typeToString(checker.getNonNullableType(type), undefined, ts.TypeFormatFlags.NoTruncation);
  }
}

/** The comment on the property `id` of the object that a kind is defined with. @param {ts.Symbol} kind @param {ts.TypeChecker} checker */
function idForm(kind, checker) {
  const symbol = kind.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(kind) : kind;
  const declaration = symbol.valueDeclaration;
  const call = declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  const definition = call && ts.isCallExpression(call) ? call.arguments[0] : undefined;
  if (!definition || !ts.isObjectLiteralExpression(definition)) return "";
  const id = definition.properties.find((each) => each.name?.getText() === "id");
  const comments = id ? ts.getJSDocCommentsAndTags(id).filter(ts.isJSDoc) : [];
  return comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join(" ");
}

function openProgram() {
  const path = join(root, "provider/tsconfig.json");
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, "provider"));
  return ts.createProgram(
    indexes.map((index) => join(root, index)),
    { ...options, noEmit: true },
  );
}

/** The samples of the kinds' inputs, by type. @returns {Record<string, Record<string, unknown>>} */
export function readSamples() {
  const source = readFileSync(join(root, "test/unit/support/samples.ts"), "utf8");
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const exports = {};
  new Function("exports", outputText)(exports);
  return /** @type {any} */ (exports).samples;
}
