// node scripts/setup/cli.mjs: gets what the lab, the examples and the tests need: npm packages, the Pulumi CLI and a throwaway
// virtual machine's parts.
import { ensureDebian } from "../lib/debian.mjs";
import { ensureNpm } from "../lib/npm.mjs";
import { say } from "../lib/run.mjs";
import { ensurePulumiYaml } from "../pulumi-cli/pulumi-yaml.mjs";
import { ensureVm, vmPackages } from "../vm/vm.mjs";

/** The lab's pods answer with Python's web server; all else that is used on a host is used in the machine as well. */
const tools = ["python3"];

const results = await Promise.allSettled([ensurePulumiYaml(), ensureRest()]);
for (const result of results) {
  if (result.status === "fulfilled") continue;
  say(result.reason instanceof Error ? result.reason.message : String(result.reason));
  process.exitCode = 1;
}
if (process.exitCode !== 1) say("Everything is there");

async function ensureRest() {
  await ensureNpm();
  await ensureDebian([...tools, ...vmPackages]);
  await ensureVm();
}
