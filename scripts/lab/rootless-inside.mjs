// node scripts/lab/rootless-inside.mjs UID FOLDER: the lab as the root of new namespaces, who is UID outside; see rootless.mjs.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dispatch } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { interactive, output } from "../lib/run.mjs";
import { difference, snapshot } from "../snapshot/snapshot.mjs";
import { printComparison } from "./down.mjs";
import { openStack } from "./stack.mjs";
import { isAsExpected, table } from "./table.mjs";

const [expected = "", folder = ""] = process.argv.slice(2);
const project = join(root, folder);
const stack = openStack(process.env, project);
const terminal = Boolean(process.stdin.isTTY);

await dispatch({ lab }, "lab", "node scripts/lab/cli.mjs rootless");

async function lab() {
  const [inside, outside, count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/);
  if (inside !== "0" || outside !== expected || count !== "1")
    throw new Error(`This is no namespace in which user ${expected} is root`);
  console.log(`Root in here is user ${outside} outside, and may change nothing there.\n`);
  const before = await snapshot(output);
  await stack.create();
  try {
    await showStage("pulumi up");
    if (terminal) await shell();
    else await walk();
    heading("pulumi destroy");
    if ((await stack.destroy()) !== 0) throw new Error("pulumi destroy failed");
  } finally {
    rmSync(join(project, "Pulumi.lab.yaml"), { force: true });
  }
  return printComparison(difference(before, await snapshot(output))) ? 0 : 1;
}

/** @param {string} title */
async function showStage(title) {
  heading(title);
  const rows = await stack.up({ refresh: false, shown: true });
  console.log(`\n${table(rows)}\n`);
  if (rows.length === 0 || !rows.every(isAsExpected)) throw new Error("That is not what must be seen");
}

/** What a user would try first, each step with its outcome. */
async function walk() {
  await nothingToDo();
  const cut = ["ip", "-n", "node", "link", "del", "dev", "veth-foo"];
  heading(`By hand: ${cut.join(" ")}, which cuts a pod off. Then pulumi refresh, which shows it`);
  await output(cut);
  if ((await stack.refresh()) !== 0) throw new Error("pulumi refresh failed");
  if ((await stack.pending()) === undefined) throw new Error("The refresh has not seen it");
  await showStage("pulumi up, which repairs it and looks again");
  await nothingToDo();
}

async function nothingToDo() {
  heading("pulumi preview, once more");
  const text = await stack.pending();
  if (text !== undefined) throw new Error(`Something is still to be done:\n${text}`);
  console.log("Nothing to do.\n");
}

async function shell() {
  console.log(`It is up for as long as this shell; exit takes it away again. To look around:
  the service, from a pod:         ip netns exec foo curl http://10.96.0.1
  the rules that balance:          ip netns exec node iptables -t nat -S
  what there is:                   pulumi stack
  cut a pod off, see it, mend it:  ip -n node link del veth-foo; pulumi refresh; pulumi up`);
  // Without job control: this terminal belongs to processes that nobody in here can name.
  const env = { ...process.env, PULUMI_STACK: "lab", PS1: "rootless-lab# " };
  await interactive(["bash", "--norc", "+m"], { cwd: project, env });
}

/** @param {string} text */
function heading(text) {
  console.log(`== ${text}`);
}
