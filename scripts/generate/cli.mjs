// node scripts/generate/cli.mjs [--check]: see README.md.
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { generate } = await import("./generate.mjs");
await main(() => generate({ checkOnly: process.argv.includes("--check") }));
