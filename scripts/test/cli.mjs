// node scripts/test/cli.mjs [LAYER...]: gets what the tests need and runs them, layer by layer; no layer given: all of them.

import { say } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

// Everything behind this may need npm packages, and a fresh clone has none.
ensureNpm();
const { layers, runLayers } = await import("./layers.mjs");

const names = process.argv.slice(2);
const strangers = names.filter((name) => !Object.hasOwn(layers, name));
if (strangers.length > 0) {
  say(`There is no test layer ${strangers.join(", ")}; there are ${Object.keys(layers).join(", ")}`);
  process.exit(2);
}
const whole = names.length === 0;
process.exitCode = await runLayers(whole ? Object.keys(layers) : names, { whole });
