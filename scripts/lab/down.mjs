import { readFileSync } from "node:fs";
import { printLine } from "../lib/cli.mjs";
import { areas, difference, snapshot } from "../snapshot/snapshot.mjs";
import { stopVm, vmStatus } from "../vm/vm.mjs";
import { bootId, enter, inVm } from "./place.mjs";
import { readRecord, removeRecord } from "./record.mjs";
import { setUp } from "./setup.mjs";

/** Takes the lab away, and shows whether the place where it was is as before. */
export async function down() {
  const stack = await setUp();
  await stack.unlock();
  const state = await stack.state();
  const record = readRecord();
  if (!state?.used && !record) {
    printLine("No lab is up");
    return 0;
  }
  const where = state?.used ? (state.host ? "vm" : "host") : record?.where;
  const vm = vmStatus();
  if (where === "vm" && !vm) {
    printLine("The virtual machine that the lab was in is gone, and with it the lab: Pulumi is made to forget it");
    if (state) await stack.removeStack();
    await stopVm();
    removeRecord();
    return 0;
  }
  const place = where === "vm" && vm ? inVm(vm) : await enter("host");
  if (state?.used) await destroy(stack.forVm(place.vm), state.interrupted);
  const same = await compare(place, record);
  if (where === "vm") {
    await stopVm();
    console.log("The virtual machine is gone");
  }
  removeRecord();
  return same ? 0 : 1;
}

/**
 * @param {import("./stack.mjs").Stack} stack
 * @param {boolean} interrupted
 */
async function destroy(stack, interrupted) {
  if (interrupted) {
    printLine("Pulumi was ended half-way: first the lab is brought up to the end, so that all of it is known");
    await stack.clearPending();
    await stack.up({ refresh: false, shown: true }).catch((error) => printLine(error.message));
  }
  const code = await stack.destroy();
  if (code !== 0)
    throw new Error(`pulumi destroy: exit ${code}. What is left is still known: npm run lab:down tries again`);
}

/**
 * @param {import("./place.mjs").Place} place
 * @param {import("./record.mjs").Record | undefined} record
 */
async function compare(place, record) {
  if (!record || record.boot !== (await bootId(place))) {
    printLine("Not compared: it is not known how things were before");
    return true;
  }
  const lines = difference(record.before, await snapshot(place.run));
  const differences = place.where === "host" ? lines.filter((line) => !changesByItself(line)) : lines;
  return printComparison(differences);
}

/**
 * Shows what of a place is otherwise than it was.
 * @param {string[]} differences
 */
export function printComparison(differences) {
  console.log("\nCompared with how it was before the lab:");
  for (const area of areas) {
    const ofArea = differences.filter((line) => line.startsWith(`${area}: `));
    console.log(ofArea.length === 0 ? `  ${area}: as before` : ofArea.map((line) => `  ${line}`).join("\n"));
  }
  return differences.length === 0;
}

/**
 * What a host in use does by itself: other processes start and end, and the kernel loads modules on demand and keeps them.
 * @param {string} line
 */
function changesByItself(line) {
  if (line.startsWith("modules: new: ")) return true;
  if (!line.startsWith("processes: ")) return false;
  const [, pid = ""] = /^processes: new: (\d+) /.exec(line) ?? [];
  try {
    return !readFileSync(`/proc/${pid}/environ`, "latin1").includes("LOCALNET_ID=");
  } catch {
    return true;
  }
}
