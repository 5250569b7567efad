// node scripts/lab/kube-proxy-inside.mjs OPTIONS: where the lab is, or beside the machine that it is in; see kube-proxy.mjs.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { snapshotNode } from "../kubernetes/look.mjs";
import { difference } from "../kubernetes/objects.mjs";
import { main } from "../lib/cli.mjs";
import { inColumns } from "../lib/columns.mjs";
import { root } from "../lib/paths.mjs";
import { interactive, run } from "../lib/run.mjs";
import { quoted } from "../vm/vm.mjs";
import { openStack } from "./stack.mjs";
import { isAsExpected, table } from "./table.mjs";

const { mode, by, compare, programs, sshConfig, host } = JSON.parse(process.argv[2] ?? "{}");
const project = join(root, "examples/kube-proxy");
const stack = openStack(process.env, project);

/** @param {string[]} argv */
const exec = (argv) =>
  run(sshConfig ? ["ssh", "-F", sshConfig, new URL(host).hostname, argv.map(quoted).join(" ")] : argv);

await main(async () => {
  await stack.create();
  try {
    for (const [key, value] of Object.entries({ mode, programs, "localnet:host": host }))
      if (value) await stack.configure(key, value);
    return compare ? await compareBoth() : await show(by);
  } finally {
    console.log("== pulumi destroy");
    await stack.destroy();
    rmSync(join(project, "Pulumi.lab.yaml"), { force: true });
  }
});

/** The namespace of the node, as the example names it. @param {string} whose */
function nodeOf(whose) {
  return whose === "resources" ? whose : `${whose}-${mode}`;
}

/** @param {string} whose */
async function up(whose) {
  console.log(`== pulumi up: mode ${mode}, by ${whose}`);
  await stack.configure("by", whose);
  const rows = await stack.up({ refresh: false, shown: true });
  console.log(`\n${table(rows)}\n`);
  if (rows.length === 0 || !rows.every(isAsExpected)) throw new Error("That is not what must be seen");
}

/** @param {string} whose */
async function show(whose) {
  await up(whose);
  if (!process.stdin.isTTY || sshConfig) return 0;
  console.log(`It is up for as long as this shell; exit takes it away again. To look around:
  the service, from a pod:     ip netns exec pod1 curl http://10.96.77.10
  the node's network:          ip netns exec ${nodeOf(whose)} iptables-save
  change it:                   pulumi config set by kube-proxy; pulumi up`);
  const env = { ...process.env, PULUMI_STACK: "lab", PS1: "kube-proxy-lab# " };
  await interactive(["bash", "--norc", "+m"], { cwd: project, env });
  return 0;
}

async function compareBoth() {
  const snapshots = [];
  for (const whose of ["resources", "kube-proxy"]) {
    await up(whose);
    snapshots.push(await snapshotNode(exec, nodeOf(whose), mode));
  }
  const [ours, theirs] = snapshots;
  if (!ours || !theirs) throw new Error("there is nothing to compare");
  const rows = ours.answers.map(({ from, what, got }, index) => {
    const other = theirs.answers[index]?.got ?? "";
    return [from, what, got, other, got === other ? "same" : "DIFFERENT"];
  });
  console.log(`== mode ${mode}: what clients get`);
  console.log(inColumns([["from", "what", "by resources", "by kube-proxy", ""], ...rows]));
  const lines = difference(ours.objects, theirs.objects);
  console.log(`\n== mode ${mode}: what the kernel has, names included (docs/kube-proxy.md tells what is left out)`);
  console.log(`by resources ${ours.objects.length} lines, by kube-proxy ${theirs.objects.length} lines`);
  console.log(lines.length === 0 ? "the same\n" : `${lines.join("\n")}\n`);
  return lines.length === 0 && rows.every(([, , got, other]) => got === other) ? 0 : 1;
}
