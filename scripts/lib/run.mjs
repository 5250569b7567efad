import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutSeconds] after which the command and its children are killed
 * @property {(text: string) => void} [onStderr] called with standard error as it comes
 */

/**
 * Runs a command to its end and returns how it went, whatever its exit code.
 * @param {string[]} argv
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, stdout: string, stderr: string, timedOut: boolean }>}
 */
export function capture(argv, { cwd, env, timeoutSeconds, onStderr } = {}) {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const killGroup = () => {
      try {
        process.kill(-Number(child.pid), "SIGKILL");
      } catch {}
    };
    const timer = timeoutSeconds
      ? setTimeout(() => {
          timedOut = true;
          killGroup();
        }, timeoutSeconds * 1000)
      : undefined;
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => {
      killGroup();
      process.kill(process.pid, signal);
    };
    process.once("SIGINT", passOn).once("SIGTERM", passOn);
    const finish = () => {
      clearTimeout(timer);
      process.off("SIGINT", passOn).off("SIGTERM", passOn);
    };
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      onStderr?.(text);
    });
    child.once("error", (error) => {
      finish();
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      finish();
      resolve({ code: code ?? (signal ? 128 : 1), stdout, stderr, timedOut });
    });
  });
}

/**
 * Runs a command and returns its standard output; anything but exit code 0 is an error that shows what it said.
 * @param {string[]} argv
 * @param {RunOptions} [options]
 */
export async function output(argv, options) {
  const { code, stdout, stderr, timedOut } = await capture(argv, options);
  if (code === 0) return stdout;
  const outcome = timedOut ? `no end within ${options?.timeoutSeconds} s` : `exit ${code}`;
  throw new Error(`${argv.join(" ")}: ${outcome}\n${(stderr || stdout).trim().split("\n").slice(-15).join("\n")}`);
}

/**
 * Runs a command in this terminal and returns its exit code.
 * @param {string[]} argv
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export function interactive(argv, options = {}) {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "inherit" });
    // Ctrl-C reaches the child too, which then ends in its own time.
    const wait = () => {};
    process.on("SIGINT", wait);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      process.off("SIGINT", wait);
      resolve(code ?? (signal ? 128 : 1));
    });
  });
}

/**
 * The full path of a command, also of one that only root has on PATH.
 * @param {string} name
 * @returns {string | undefined}
 */
export function which(name) {
  for (const directory of [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"]) {
    const path = join(directory, name);
    if (directory && isExecutable(path)) return path;
  }
  return undefined;
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
