import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { withLock } from "../lib/lock.mjs";
import { runDirectory } from "../lib/paths.mjs";
import { output, run } from "../lib/run.mjs";
import { boot } from "./boot.mjs";
import { ensureGuest } from "./guest.mjs";
import { alias, makeKeys, sshConfigPath } from "./keys.mjs";
import { isMachine, powerDown } from "./qemu.mjs";
import { systems } from "./systems.mjs";

/** Packages that this host needs to run a machine, and packages that are used in the machine, which has the host's files. */
export const vmPackages = [
  ...["qemu-system-x86", "xz-utils", "openssh-client"],
  // guest/start copies these files into the machine's memory.
  ...["kmod", "iproute2", "iptables", "ipvsadm", "curl", "netcat-openbsd", "iputils-ping", "perl-base"],
];

/** The host of a machine, as the provider takes it. */
export const vmHost = `ssh://${alias}`;

const machines = join(runDirectory, "vm");
const kvmFile = join(runDirectory, "kvm");

/**
 * @typedef {object} Vm
 * @property {string} name
 * @property {SystemName} system
 * @property {string} host vmHost
 * @property {string} sshConfig the configuration file for the ssh client
 * @property {string[]} sshArgs arguments for ssh; a command may follow
 * @property {number} port on 127.0.0.1
 * @property {number} pid
 * @property {string} directory
 */

/** @typedef {import("./systems.mjs").SystemName} SystemName */

/**
 * Gets all that startVm needs.
 * @param {SystemName} [system]
 */
export async function ensureVm(system = "host") {
  await ensureDebian([...vmPackages, ...("release" in systems[system] ? ["debootstrap"] : [])]);
  return ensureGuest(system);
}

/**
 * Starts a throwaway machine unless it runs.
 * @param {string} [name]
 * @param {SystemName} [system] the system; default: that of the running machine, else "host"
 * @returns {Promise<Vm>}
 */
export async function startVm(name = "lab", system) {
  const directory = directoryOf(name);
  await mkdir(runDirectory, { recursive: true });
  await mkdir(machines, { recursive: true, mode: 0o700 });
  return withLock(`${directory}.lock`, async () => {
    const running = vmStatus(name);
    if (running && system && running.system !== system)
      throw new Error(`the machine ${name} runs ${running.system}: end it first to have it run ${system}`);
    if (running) return running;
    const guest = await ensureVm(system);
    await clear(directory);
    await mkdir(directory, { mode: 0o700 });
    await makeKeys(directory);
    printLine(`Starting a throwaway virtual machine (${name}${system ? `, ${system}` : ""})`);
    const start = Date.now();
    /** @param {{ pid: number, port: number }} machine @param {boolean} ready */
    const record = ({ pid, port }, ready) =>
      writeFile(stateFile(directory), JSON.stringify({ pid, port, system, ready }));
    const machine = await boot({ directory, guest, kvmFile, started: (machine) => record(machine, false) });
    await record(machine, true);
    printLine(`  up in ${Math.round((Date.now() - start) / 1000)} s`);
    return describe(name, { ...machine, system });
  });
}

/**
 * Ends the machine, and everything in it.
 * @param {string} [name]
 * @returns {Promise<boolean>} whether there was one
 */
export async function stopVm(name = "lab") {
  const directory = directoryOf(name);
  if (!existsSync(directory)) return false;
  return withLock(`${directory}.lock`, async () => {
    const running = vmStatus(name);
    if (running) await run(["ssh", "-F", running.sshConfig, "-O", "exit", alias], { timeoutSeconds: 5 });
    await clear(directory);
    return running !== undefined;
  });
}

/**
 * @param {string} [name]
 * @returns {Vm | undefined} undefined if it does not run
 */
export function vmStatus(name = "lab") {
  const machine = recorded(directoryOf(name));
  return machine?.ready ? describe(name, machine) : undefined;
}

/** The machines of this clone that run. */
export function runningVms() {
  const names = existsSync(machines) ? readdirSync(machines) : [];
  return names.filter((name) => !name.includes(".")).flatMap((name) => vmStatus(name) ?? []);
}

/**
 * @param {Vm} vm
 * @returns {(argv: string[]) => Promise<string>} runs a command in it as root
 */
export function runIn(vm) {
  return (argv) => output(["ssh", ...vm.sshArgs, argv.map(quoted).join(" ")]);
}

/**
 * Quotes a word for the remote shell, to which ssh passes its arguments.
 * @param {string} word
 */
export function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** @param {string} directory */
async function clear(directory) {
  const machine = recorded(directory);
  if (machine) await powerDown(machine.pid, directory);
  await rm(directory, { recursive: true, force: true });
}

/**
 * @param {string} directory
 * @returns {{ pid: number, port: number, system?: SystemName, ready: boolean } | undefined}
 */
function recorded(directory) {
  if (!existsSync(stateFile(directory))) return undefined;
  const machine = JSON.parse(readFileSync(stateFile(directory), "utf8"));
  return isMachine(machine.pid, directory) ? machine : undefined;
}

/**
 * @param {string} name
 * @param {{ pid: number, port: number, system?: SystemName | undefined }} machine
 * @returns {Vm}
 */
function describe(name, { pid, port, system = "host" }) {
  const directory = directoryOf(name);
  const sshConfig = sshConfigPath(directory);
  return { name, system, host: vmHost, sshConfig, sshArgs: ["-F", sshConfig, alias], port, pid, directory };
}

/** @param {string} name */
function directoryOf(name) {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`not a name for a virtual machine: ${name}`);
  return join(machines, name);
}

/** @param {string} directory */
function stateFile(directory) {
  return join(directory, "vm.json");
}
