// node scripts/vm/cli.mjs start|stop|status|ssh [--name NAME] [--system SYSTEM] [COMMAND...]: see README.md.
import { dispatch } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

const [command = "", ...args] = process.argv.slice(2);
ensureNpm();
const { commands } = await import("./commands.mjs");
await dispatch(
  commands(args),
  command,
  "node scripts/vm/cli.mjs start|stop|status|ssh [--name NAME] [--system SYSTEM] [COMMAND...]",
);
