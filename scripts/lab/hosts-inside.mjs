// node scripts/lab/hosts-inside.mjs URL...: the lab of several hosts, from beside them; see hosts.mjs.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { main } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";
import { difference, snapshot } from "../snapshot/snapshot.mjs";
import { quoted } from "../vm/vm.mjs";
import { printComparison } from "./down.mjs";
import { heading, nothingToDo, shellIn } from "./inside.mjs";
import { openStack } from "./stack.mjs";

const urls = process.argv.slice(2);
const project = join(root, "examples/three-hosts");
const stack = openStack(process.env, project);
const sshConfig = process.env.LOCALNET_SSH_CONFIG ?? "";

/** @param {string} url @param {string[]} argv */
const on = (url, argv) => output(["ssh", "-F", sshConfig, url, argv.map(quoted).join(" ")]);
const snapshots = () => Promise.all(urls.map((url) => snapshot((argv) => on(url, argv))));

await main(async () => {
  const before = await snapshots();
  await stack.create();
  try {
    await stack.configure("hosts", urls.join());
    heading(`pulumi up, on ${urls.join(", ")}`);
    await stack.up({ refresh: false, shown: true });
    await (process.stdin.isTTY ? shell() : walk());
    heading("pulumi destroy");
    if ((await stack.destroy()) !== 0) throw new Error("pulumi destroy failed");
  } finally {
    rmSync(join(project, "Pulumi.lab.yaml"), { force: true });
  }
  const after = await snapshots();
  return printComparison(before.flatMap((each, index) => difference(each, after[index] ?? each))) ? 0 : 1;
});

/** What a user would try first. */
async function walk() {
  const [, second = ""] = urls;
  const cut = ["ip", "link", "set", "lan0", "down"];
  heading(`By hand, on ${second}: ${cut.join(" ")}. Then pulumi refresh, which shows it`);
  await on(second, cut);
  if ((await stack.refresh()) !== 0) throw new Error("pulumi refresh failed");
  heading("pulumi up, which repairs it");
  await stack.up({ refresh: false, shown: true });
  await nothingToDo(stack);
}

function shell() {
  const hints = `The hosts are there for as long as this shell; exit takes them away again. To look around:
  a command on a host:           ssh -F $LOCALNET_SSH_CONFIG ${urls[1]} ip netns
  all of it, as a picture:       npx localnet graph --format html > lab.html
  what a packet passes:          npx localnet trace --from host1-pod1 ping 10.77.3.2
  break it, see it, mend it:     ssh -F $LOCALNET_SSH_CONFIG ${urls[1]} ip link set lan0 down; pulumi refresh; pulumi up`;
  return shellIn(project, "three-hosts", hints);
}
