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
 * @property {boolean} [remote] are its programs begun elsewhere?
 *
 * @typedef {object} Cost what a command takes besides time
 * @property {number} [processes] programs that were begun
 * @property {Record<string, number>} [programs] the same by name
 * @property {number} memory peak of what all its processes had in memory at a time, in bytes
 */

/**
 * The seconds that a command takes. Nothing else happens meanwhile.
 * @param {import("../lib/sandbox.mjs").Sandbox} sandbox
 * @param {Command} command
 */
export async function seconds({ enterArgv: inside }, { argv, ...options }) {
  const start = performance.now();
  await output([...inside, ...argv], options);
  return (performance.now() - start) / 1000;
}

/**
 * What else a command takes. That it is watched costs time, so this is a run of its own.
 * @param {import("../lib/sandbox.mjs").Sandbox} sandbox
 * @param {Command} command
 * @param {string} directory
 * @returns {Promise<Cost>}
 */
export async function cost({ enterArgv: inside, memory }, { argv, remote, ...options }, directory) {
  const file = join(directory, "programs");
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, memory());
  }, sampleMilliseconds);
  try {
    // Over ssh there is little to count, and strace would wait for the connection, which is kept for a minute.
    await output([...inside, ...(remote ? argv : recorded(argv, file))], options);
  } finally {
    clearInterval(timer);
  }
  if (remote) return { memory: peak };
  const counts = programs(file);
  rmSync(file);
  const processes = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return { processes, programs: counts, memory: peak };
}
