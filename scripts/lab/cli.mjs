// node scripts/lab/cli.mjs COMMAND [ARGUMENT...]: see README.md.
import { dispatch } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

const [command = "", ...args] = process.argv.slice(2);
ensureNpm();
const { commands } = await import("./commands.mjs");
await dispatch(
  commands(args),
  command,
  "node scripts/lab/cli.mjs up|tour|down|shell|rootless|hosts|kube-proxy|pulumi [ARGUMENT...]",
);
