// node scripts/bench/cli.mjs [OPTION...]: measures what this package takes, beside what else does the same.

import { say } from "../lib/run.mjs";
import { bench } from "./bench.mjs";
import { parseOptions, usage } from "./options.mjs";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else process.exitCode = await bench(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
