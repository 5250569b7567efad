import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { printLine } from "../lib/cli.mjs";
import { run } from "../lib/run.mjs";
import { alias, sshConfigPath, writeSshConfig } from "./keys.mjs";
import { consoleText, hasKvm, powerDown, powerUp } from "./qemu.mjs";

const kvmSeconds = 10;
const bootSeconds = 180;
const connectSeconds = 30;
const linesShown = 20;

/**
 * Starts a machine and waits until ssh can log in.
 * @param {object} options
 * @param {string} options.directory
 * @param {import("./guest.mjs").Guest} options.guest
 * @param {string} options.kvmFile a file that records whether KVM works on this host
 * @param {(machine: import("./qemu.mjs").Machine) => Promise<void>} options.started called while it still boots
 * @returns {Promise<import("./qemu.mjs").Machine>}
 */
export async function boot({ directory, guest, kvmFile, started }) {
  const { machine, accelerated } = await powerUpFast(directory, guest, kvmFile, started);
  try {
    await writeSshConfig(directory, machine.port);
    const until = Date.now() + bootSeconds * 1000;
    const hasPrinted = (/** @type {string} */ text) => consoleText(directory).includes(text);
    const up = await poll(
      until,
      async () => !machine.running() || (hasPrinted("guest: ready") && keepConnection(directory)),
    );
    if (!up || !machine.running()) {
      throw new Error(`the virtual machine ${up ? "went off" : `cannot be logged in to after ${bootSeconds} s`}
${await logTails(directory)}`);
    }
  } catch (error) {
    await powerDown(machine.pid, directory);
    throw error;
  }
  if (!accelerated) printLine("  (emulated: KVM is not to be had)");
  return machine;
}

/**
 * Uses KVM if a guest starts with it. On some hosts a guest hangs with /dev/kvm.
 * @param {string} directory
 * @param {import("./guest.mjs").Guest} guest
 * @param {string} kvmFile
 * @param {(machine: import("./qemu.mjs").Machine) => Promise<void>} started
 */
async function powerUpFast(directory, guest, kvmFile, started) {
  if (hasKvm() && (!existsSync(kvmFile) || (await readFile(kvmFile, "utf8")) === "works")) {
    const machine = await powerUp(directory, guest, "kvm");
    await started(machine);
    const talks = async () => consoleText(directory).includes("guest:");
    await poll(Date.now() + kvmSeconds * 1000, async () => !machine.running() || (await talks()));
    const works = machine.running() && (await talks());
    await writeFile(kvmFile, works ? "works" : "hangs");
    if (works) return { machine, accelerated: true };
    await powerDown(machine.pid, directory);
  }
  const machine = await powerUp(directory, guest, "tcg");
  await started(machine);
  return { machine, accelerated: false };
}

/**
 * Opens a connection that later commands share.
 * @param {string} directory
 */
async function keepConnection(directory) {
  const log = join(directory, "ssh.log");
  const argv = ["ssh", "-F", sshConfigPath(directory), "-E", log, "-M", "-N", "-f", alias];
  return (await run(argv, { timeoutSeconds: connectSeconds })).code === 0;
}

/** @param {string} directory */
async function logTails(directory) {
  const names = ["console.log", "qemu.log", "ssh.log"];
  const logs = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8").catch(() => "")));
  return logs
    .map((log, index) => log && `${names[index]}:\n${lastLines(log)}`)
    .filter(Boolean)
    .join("\n");
}

/** @param {string} text */
function lastLines(text) {
  return text.trimEnd().split("\n").slice(-linesShown).join("\n");
}

/**
 * @param {number} until
 * @param {() => Promise<boolean>} condition
 */
async function poll(until, condition) {
  while (Date.now() < until) {
    if (await condition()) return true;
    await sleep(100);
  }
  return false;
}
