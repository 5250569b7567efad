import { printLine } from "../lib/cli.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { which } from "../lib/which.mjs";
import { ensurePulumiGo } from "../pulumi-cli/pulumi-go.mjs";
import { ensurePulumiYaml } from "../pulumi-cli/pulumi-yaml.mjs";
import { ensureVm, vmPackages } from "../vm/vm.mjs";

/** Gets the Pulumi CLI and the parts of a throwaway machine at the same time. */
export async function setUpAll() {
  const results = await Promise.allSettled([ensureCli(), ensureMachine()]);
  const failures = results.filter((result) => result.status === "rejected");
  for (const { reason } of failures) printLine(reason instanceof Error ? reason.message : String(reason));
  if (failures.length === 0) printLine("Everything is there");
  return failures.length === 0 ? 0 : 1;
}

/** Gets the CLI, with the language host for Go if there is Go. */
async function ensureCli() {
  await ensurePulumiYaml();
  if (which("go")) await ensurePulumiGo();
}

async function ensureMachine() {
  await ensureDebian(vmPackages);
  await ensureVm();
}
