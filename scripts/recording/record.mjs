import { start } from "../lib/run.mjs";

/**
 * @typedef {object} Line
 * @property {number} seconds after the start
 * @property {string} text
 */

/**
 * Runs a command, which must succeed, and returns the lines of its output.
 * @param {string[]} argv
 * @param {string} cwd
 * @returns {Promise<Line[]>}
 */
export async function record(argv, cwd) {
  const begin = Date.now();
  const child = start(argv, { cwd });
  /** @type {Line[]} */
  const lines = [];
  let rest = "";
  child.all?.setEncoding("utf8").on("data", (text) => {
    const parts = `${rest}${text}`.split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) lines.push({ seconds: (Date.now() - begin) / 1000, text: part });
  });
  const { exitCode } = await child;
  if (exitCode !== 0)
    throw new Error(`${argv.join(" ")}: exit ${exitCode}\n${lines.map(({ text }) => text).join("\n")}`);
  return lines;
}
