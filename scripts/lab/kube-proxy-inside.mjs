// node scripts/lab/kube-proxy-inside.mjs OPTIONS: where the lab is, or beside the machine that it is in; see kube-proxy.mjs.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { snapshotNode } from "../kubernetes/node-snapshot.mjs";
import { difference } from "../kubernetes/objects.mjs";
import { main } from "../lib/cli.mjs";
import { inColumns } from "../lib/columns.mjs";
import { root } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { quoted } from "../vm/vm.mjs";
import { heading, shellIn, showUp } from "./inside.mjs";
import { openStack } from "./stack.mjs";

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
    heading("pulumi destroy");
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
  await stack.configure("by", whose);
  await showUp(stack, `pulumi up: mode ${mode}, by ${whose}`);
}

/** @param {string} whose */
async function show(whose) {
  await up(whose);
  if (!process.stdin.isTTY || sshConfig) return 0;
  const hints = `It is up for as long as this shell; exit takes it away again. To look around:
  the service, from a pod:     ip netns exec pod1 curl http://10.96.77.10
  the node's network:          ip netns exec ${nodeOf(whose)} ${mode === "nftables" ? "nft list ruleset" : "iptables-save"}
  what a packet passes:        npx localnet trace --from outside tcp://172.30.0.10:30080
  change it:                   pulumi config set by kube-proxy; pulumi up`;
  await shellIn(project, "kube-proxy-lab", hints);
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
  heading(`mode ${mode}: what clients get`);
  console.log(inColumns([["from", "what", "by resources", "by kube-proxy", ""], ...rows]));
  const lines = difference(ours.objects, theirs.objects);
  console.log();
  heading(`mode ${mode}: what the kernel has, names included (docs/kube-proxy.md tells what is left out)`);
  console.log(`by resources ${ours.objects.length} lines, by kube-proxy ${theirs.objects.length} lines`);
  console.log(lines.length === 0 ? "the same\n" : `${lines.join("\n")}\n`);
  return lines.length === 0 && rows.every(([, , got, other]) => got === other) ? 0 : 1;
}
