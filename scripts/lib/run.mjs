import { constants } from "node:os";
import { execa } from "execa";

/** The time of `timeout` between SIGTERM and SIGKILL, in seconds, and its exit codes. */
const killSeconds = 5;
const timedOutCodes = [124, 137];

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] the whole environment; default: that of this process
 * @property {string} [input] its standard input; default: nothing
 * @property {import("node:child_process").StdioOptions} [stdio] "inherit": it gets this terminal; default: its output is captured
 * @property {number} [timeoutSeconds] the time after which the command and its children are killed
 * @property {(text: string) => void} [onStderr] called with standard error as it comes
 *
 * @typedef {object} Result
 * @property {number} code
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} text both outputs, in the order in which they came
 * @property {boolean} timedOut
 */

/**
 * Runs a command to its end and returns the result, whatever its exit code. If this process is interrupted, the command
 * is ended first. A command with this terminal gets Ctrl-C from it, and ends by itself.
 * @param {string[]} argv
 * @param {RunOptions} [options]
 * @returns {Promise<Result>}
 */
export async function run(argv, { timeoutSeconds, onStderr, ...options } = {}) {
  const limit = timeoutSeconds ? ["timeout", `--kill-after=${killSeconds}`, String(timeoutSeconds)] : [];
  const child = start([...limit, ...argv], options);
  if (onStderr) child.stderr?.setEncoding("utf8").on("data", onStderr);
  const end = () => void child.kill("SIGTERM");
  const interrupt = options.stdio === "inherit" ? () => {} : end;
  process.on("SIGINT", interrupt).on("SIGTERM", end);
  const { exitCode, signal, stdout = "", stderr = "", all = "", cause } = await child;
  process.off("SIGINT", interrupt).off("SIGTERM", end);
  const code = exitCode ?? (signal ? 128 + constants.signals[signal] : undefined);
  if (code === undefined) throw new Error(`cannot run ${argv[0]}: ${cause instanceof Error ? cause.message : cause}`);
  return {
    code,
    stdout: String(stdout),
    stderr: String(stderr),
    text: String(all),
    timedOut: timeoutSeconds !== undefined && timedOutCodes.includes(code),
  };
}

/**
 * Runs a command and returns its standard output. Any exit code but 0 is an error with the output of the command.
 * @param {string[]} argv
 * @param {RunOptions} [options]
 */
export async function output(argv, options) {
  const { code, stdout, stderr, timedOut } = await run(argv, options);
  if (code === 0) return stdout;
  const outcome = timedOut ? `no end within ${options?.timeoutSeconds} s` : `exit ${code}`;
  throw new Error(`${argv.join(" ")}: ${outcome}\n${(stderr || stdout).trim().split("\n").slice(-15).join("\n")}`);
}

/**
 * Runs a command in this terminal and returns its exit code.
 * @param {string[]} argv
 * @param {Omit<RunOptions, "stdio">} [options]
 */
export async function interactive(argv, options) {
  return (await run(argv, { ...options, stdio: "inherit" })).code;
}

/**
 * @typedef {object} StartOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [input]
 * @property {import("node:child_process").StdioOptions} [stdio]
 * @property {boolean} [buffer] whether its output is collected; default: true
 * @property {boolean} [detached] whether it gets its own process group
 * @property {boolean} [cleanup] whether it ends with this process; default: true
 *
 * Starts a command that runs beside this process, and returns its process. For all other commands there is `run`.
 * @param {string[]} argv
 * @param {StartOptions} [options]
 */
export function start([file = "", ...args], { env, input, stdio = ["ignore", "pipe", "pipe"], ...options } = {}) {
  const settings = {
    ...(input === undefined ? { stdio } : { input }),
    ...(env && { env, extendEnv: false }),
    all: true,
    stripFinalNewline: false,
    reject: false,
    ...options,
  };
  return execa(file, args, /** @type {import("execa").Options} */ (settings));
}
