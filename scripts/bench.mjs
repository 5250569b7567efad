// node scripts/bench.mjs [OPTION...]: measures what this package takes, beside what else does the same.
import { bench } from "./bench/bench.mjs";
import { parseOptions, usage } from "./bench/options.mjs";
import { say } from "./lib/run.mjs";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else process.exitCode = await bench(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
