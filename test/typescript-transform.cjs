const ts = require("typescript");

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  esModuleInterop: true,
  allowJs: true,
  inlineSourceMap: true,
};

/** Compiles by TypeScript itself, one file at a time. Of a file named .mjs it would make no CommonJS. */
exports.process = (text, path) => {
  const fileName = path.replace(/\.mjs$/, ".js");
  return { code: ts.transpileModule(text, { fileName, compilerOptions }).outputText };
};
