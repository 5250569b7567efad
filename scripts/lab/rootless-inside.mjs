// node scripts/lab/rootless-inside.mjs UID FOLDER: the lab as the root of new namespaces, who is UID outside; see rootless.mjs.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dispatch } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";
import { difference, snapshot } from "../snapshot/snapshot.mjs";
import { printComparison } from "./down.mjs";
import { heading, nothingToDo, shellIn, showUp } from "./inside.mjs";
import { openStack } from "./stack.mjs";

const [expected = "", folder = ""] = process.argv.slice(2);
const project = join(root, folder);
const stack = openStack(process.env, project);
const terminal = Boolean(process.stdin.isTTY);

await dispatch({ lab }, "lab", "node scripts/lab/cli.mjs rootless");

async function lab() {
  const [innerUid, outerUid, count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/);
  if (innerUid !== "0" || outerUid !== expected || count !== "1")
    throw new Error(`This is no namespace in which user ${expected} is root`);
  console.log(`Root in here is user ${outerUid} outside, and may change nothing there.\n`);
  const before = await snapshot(output);
  await stack.create();
  try {
    await showUp(stack, "pulumi up");
    if (terminal) await shell();
    else await walk();
    heading("pulumi destroy");
    if ((await stack.destroy()) !== 0) throw new Error("pulumi destroy failed");
  } finally {
    rmSync(join(project, "Pulumi.lab.yaml"), { force: true });
  }
  return printComparison(difference(before, await snapshot(output))) ? 0 : 1;
}

/** What a user would try first, each step with its outcome. */
async function walk() {
  await nothingToDo(stack);
  const cut = ["ip", "-n", "node", "link", "del", "dev", "veth-foo"];
  heading(`By hand: ${cut.join(" ")}, which cuts a pod off. Then pulumi refresh, which shows it`);
  await output(cut);
  if ((await stack.refresh()) !== 0) throw new Error("pulumi refresh failed");
  if ((await stack.pending()) === undefined) throw new Error("The refresh has not seen it");
  await showUp(stack, "pulumi up, which repairs it and looks again");
  await nothingToDo(stack);
}

function shell() {
  const hints = `It is up for as long as this shell; exit takes it away again. To look around:
  the service, from a pod:         ip netns exec foo curl http://10.96.0.1
  the rules that balance:          ip netns exec node iptables -t nat -S
  what there is:                   pulumi stack
  cut a pod off, see it, mend it:  ip -n node link del veth-foo; pulumi refresh; pulumi up`;
  return shellIn(project, "rootless-lab", hints);
}
