import { run } from "../lib/run.mjs";
import { openSandbox } from "../lib/sandbox.mjs";
import { startVm, stopVm, vmStatus } from "../vm/vm.mjs";

const machine = "bench";

/**
 * @typedef {object} Place where a workload runs
 * @property {import("../vm/vm.mjs").Vm} [vm] the machine over ssh; default: a sandbox for each run
 * @property {string} [lacking] why there is no such place
 */

/**
 * @param {import("./workloads.mjs").Workload} workload
 * @param {boolean} mayStart whether a throwaway machine may be started
 * @returns {Promise<Place>}
 */
export async function placeFor({ where, probe = [] }, mayStart) {
  const failed = where === "sandbox" ? await firstFailing(probe) : undefined;
  if (where === "sandbox" && failed === undefined) return {};
  if (!mayStart) return { lacking: `${failed ? `this kernel cannot "${failed}"` : "it is behind ssh"}: use --vm` };
  return { vm: await startVm(machine) };
}

/** @param {Place} place */
export function sandboxAt({ vm }) {
  return openSandbox({ network: vm === undefined });
}

/** Replaces the machine by a new one, since objects that a failure left would disturb all other runs. */
export async function restartMachine() {
  await stopMachine();
  await startVm(machine);
}

export async function stopMachine() {
  if (vmStatus(machine)) await stopVm(machine);
}

/** @param {string[]} commands */
async function firstFailing(commands) {
  if (commands.length === 0) return undefined;
  const { enterArgv, close } = await openSandbox({ network: true });
  try {
    for (const command of commands) if ((await run([...enterArgv, ...command.split(" ")])).code !== 0) return command;
    return undefined;
  } finally {
    await close();
  }
}
