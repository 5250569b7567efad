// node scripts/bench-services/cli.mjs [OPTION...]: see README.md.
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { benchServices } = await import("./bench.mjs");

await main(() => benchServices(process.argv.slice(2)));
