import { accessSync, closeSync, constants, openSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../lib/run.mjs";
import { cpio } from "./cpio.mjs";

const emulator = "qemu-system-x86_64";
// norandmaps: an emulator translates a program again for each address at which it is loaded. Without it, commands take twice
// as long.
const kernelArguments = "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on audit=0 norandmaps";
const guestFiles = join(import.meta.dirname, "guest");

/**
 * @typedef {"kvm" | "tcg"} Accelerator in hardware, or emulated
 * @typedef {object} Machine
 * @property {number} pid
 * @property {number} port the port of its ssh server on 127.0.0.1
 * @property {() => boolean} running
 */

/** The text of the guest's console so far. @param {string} directory */
export function consoleText(directory) {
  try {
    return readFileSync(join(directory, "console.log"), "utf8").replaceAll("\r", "");
  } catch {
    return "";
  }
}

/**
 * Starts a machine, which runs on after this process. Its folder has its keys and the text of its console.
 * @param {string} directory
 * @param {import("./guest.mjs").Guest} guest
 * @param {Accelerator} accelerator
 * @returns {Promise<Machine>}
 */
export async function powerUp(directory, guest, accelerator) {
  await writeFile(join(directory, "initramfs"), await initramfs(directory, guest));
  await writeFile(join(directory, "console.log"), "");
  const port = await freePort();
  const log = openSync(join(directory, "qemu.log"), "w");
  const child = start([emulator, ...machineArguments(directory, guest, accelerator, port)], {
    cwd: directory,
    stdio: ["ignore", log, log],
    detached: true,
    cleanup: false,
  });
  closeSync(log);
  let running = true;
  child.once("exit", () => {
    running = false;
  });
  await new Promise((resolve, reject) => child.once("spawn", () => resolve(undefined)).once("error", reject));
  child.unref();
  return { pid: Number(child.pid), port, running: () => running };
}

/**
 * Ends the machine of this folder, if the process is still that machine.
 * @param {number} pid
 * @param {string} directory
 */
export async function powerDown(pid, directory) {
  /** @type {[NodeJS.Signals, number][]} */
  const attempts = [
    ["SIGTERM", 50],
    ["SIGKILL", 50],
  ];
  for (const [signal, polls] of attempts) {
    if (!isMachine(pid, directory)) return;
    process.kill(pid, signal);
    for (let poll = 0; poll < polls && isMachine(pid, directory); poll += 1) await sleep(100);
  }
  if (isMachine(pid, directory)) throw new Error(`the virtual machine (process ${pid}) cannot be ended`);
}

/**
 * @param {number} pid
 * @param {string} directory
 */
export function isMachine(pid, directory) {
  try {
    const [command = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return command.endsWith(emulator) && args.includes(consoleArgument(directory));
  } catch {
    return false;
  }
}

export function hasKvm() {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The archive from the cache, followed by the files of this machine.
 * @param {string} directory
 * @param {import("./guest.mjs").Guest} guest
 */
async function initramfs(directory, guest) {
  const initramfs = cpio([
    { path: "init", mode: 0o755, content: await readFile(join(guestFiles, "init")) },
    { path: "guest/start", mode: 0o755, content: await readFile(join(guestFiles, "start")) },
    { path: "guest/sshd_config", content: await readFile(join(guestFiles, "sshd_config")) },
    { path: "guest/host_key", mode: 0o600, content: await readFile(join(directory, "host_key")) },
    { path: "guest/authorized_keys", content: await readFile(join(directory, "user_key.pub")) },
  ]);
  return Buffer.concat([await readFile(guest.initramfs), initramfs]);
}

/**
 * @param {string} directory
 * @param {import("./guest.mjs").Guest} guest
 * @param {Accelerator} accelerator
 * @param {number} port
 */
function machineArguments(directory, guest, accelerator, port) {
  return [
    ...(accelerator === "kvm"
      ? ["-accel", "kvm", "-cpu", "host"]
      : ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"]),
    ...["-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
    ...["-chardev", consoleArgument(directory), "-serial", "chardev:console"],
    ...["-kernel", guest.kernel, "-initrd", join(directory, "initramfs"), "-append", kernelArguments],
    ...share("host", guest.root),
    ...share("layer", guest.layer),
    // restrict: the guest reaches neither this host nor any network. Only the forwarded port leads to it.
    ...["-netdev", `user,id=net,restrict=y,ipv6=off,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
  ];
}

/** @param {string} directory */
function consoleArgument(directory) {
  return `file,id=console,path=${escaped(join(directory, "console.log"))}`;
}

/**
 * @param {string} tag
 * @param {string} path
 */
function share(tag, path) {
  const options = "security_model=none,readonly=on,multidevs=remap";
  return ["-virtfs", `local,path=${escaped(path)},mount_tag=${tag},${options}`];
}

/** @param {string} path */
function escaped(path) {
  return path.replaceAll(",", ",,");
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address && typeof address === "object" ? address.port : 0));
    });
  });
}
