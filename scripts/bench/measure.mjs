import { rmSync } from "node:fs";
import { join } from "node:path";
import { output } from "../lib/run.mjs";
import { programs, recorded } from "./execs.mjs";

const sampleMilliseconds = 100;

/**
 * @typedef {object} Command
 * @property {string[]} argv
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} env
 * @property {boolean} [remote] whether its programs run on another machine
 *
 * @typedef {object} Cost what a command takes besides time
 * @property {number} [processes] programs that were started
 * @property {Record<string, number>} [programs] the same by name
 * @property {number} memory peak memory of all its processes together, in bytes
 */

/**
 * The seconds that a command takes. Nothing else runs at the same time.
 * @param {import("../lib/sandbox.mjs").Sandbox} sandbox
 * @param {Command} command
 */
export async function seconds({ enterArgv }, { argv, ...options }) {
  const start = performance.now();
  await output([...enterArgv, ...argv], options);
  return (performance.now() - start) / 1000;
}

/**
 * The processes and the memory that a command takes. Tracing costs time, so this is a separate run.
 * @param {import("../lib/sandbox.mjs").Sandbox} sandbox
 * @param {Command} command
 * @param {string} directory
 * @returns {Promise<Cost>}
 */
export async function cost({ enterArgv, memory }, { argv, remote, ...options }, directory) {
  const file = join(directory, "programs");
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, memory());
  }, sampleMilliseconds);
  try {
    // Over ssh there is little to count, and strace would wait for the connection, which is kept for a minute.
    await output([...enterArgv, ...(remote ? argv : recorded(argv, file))], options);
  } finally {
    clearInterval(timer);
  }
  if (remote) return { memory: peak };
  const counts = programs(file);
  rmSync(file);
  const processes = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return { processes, programs: counts, memory: peak };
}
