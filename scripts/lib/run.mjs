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
export async function interactive(argv, options = {}) {
  return (await runToEnd(argv, { ...options, stdio: "inherit" })).code;
}

/**
 * Like interactive, but what the command prints is returned and not shown.
 * @param {string[]} argv
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function quiet(argv, options = {}) {
  return runToEnd(argv, { ...options, stdio: ["ignore", "pipe", "pipe"] });
}

/**
 * @param {string[]} argv
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<{ code: number, text: string }>}
 */
function runToEnd(argv, options) {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ more) => {
        text += more;
      });
    }
    // Ctrl-C reaches the child too, which then ends in its own time.
    const wait = () => {};
    const passOn = () => child.kill("SIGTERM");
    const finish = () => process.off("SIGINT", wait).off("SIGTERM", passOn);
    process.on("SIGINT", wait).on("SIGTERM", passOn);
    child.once("error", (error) => {
      finish();
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      finish();
      resolve({ code: code ?? (signal ? 128 : 1), text });
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

/** @param {number} pid */
export function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
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

/**
 * Runs one of a script's commands, and makes its result or its failure the exit code.
 * @param {Record<string, () => Promise<number>>} commands
 * @param {string} name
 * @param {string} usage
 */
export async function dispatch(commands, name, usage) {
  const run = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!run) {
    say(`usage: ${usage}`);
    process.exitCode = 2;
    return;
  }
  try {
    process.exitCode = await run();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
