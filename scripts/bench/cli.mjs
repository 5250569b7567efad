// node scripts/bench/cli.mjs [OPTION...]: see README.md.
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { bench } = await import("./bench.mjs");
const { parseOptions, usage } = await import("./options.mjs");

await main(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (!options.help) return bench(options);
  console.log(usage);
  return 0;
});
