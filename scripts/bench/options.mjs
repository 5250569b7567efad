import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lib/paths.mjs";
import { workloads } from "./workloads.mjs";

const mostObjects = 5000;

const options = workloads.map(({ name, counts }) => `--${name} ${counts.join(",")}`);

export const usage = `npm run bench -- [OPTION...]
  ${options.join(" ")}
                      sizes of the workloads, "" to leave one out;
                      3000:1 is a size that is timed once, and not counted
  --rounds 3          how often each is timed
  --vm                also what needs a throwaway virtual machine here
  --skip-checkpoints  Pulumi writes its state at the end of an operation only
  --out bench         the folder for results.json and chart.svg
  --help`;

/**
 * @typedef {{ count: number, rounds: number, counted: boolean }} Size
 *
 * @typedef {object} Options
 * @property {(name: string) => Size[]} sizes of a workload
 * @property {number} rounds
 * @property {boolean} vm
 * @property {boolean} skipCheckpoints
 * @property {string} out
 * @property {boolean} help
 *
 * @param {string[]} args
 * @returns {Options}
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(workloads.map(({ name }) => [name, { type: /** @type {const} */ ("string") }])),
      rounds: { type: "string", default: "3" },
      vm: { type: "boolean", default: false },
      "skip-checkpoints": { type: "boolean", default: false },
      out: { type: "string", default: "bench" },
      help: { type: "boolean", default: false },
    },
  });
  /** @type {Record<string, string | boolean | undefined>} */
  const given = values;
  const rounds = number("rounds", String(given.rounds));
  const entries = workloads.map(({ name, counts }) => {
    const texts = String(given[name] ?? counts)
      .split(",")
      .filter(Boolean);
    return /** @type {const} */ ([name, texts.map((text) => size(name, text, rounds))]);
  });
  const sizesOf = new Map(entries);
  return {
    sizes: (name) => sizesOf.get(name) ?? [],
    rounds,
    vm: given.vm === true,
    skipCheckpoints: given["skip-checkpoints"] === true,
    out: resolve(root, String(given.out)),
    help: given.help === true,
  };
}

/** @param {string} name @param {string} text @param {number} rounds @returns {Size} */
function size(name, text, rounds) {
  const [count = "", ownRounds] = text.split(":", 2);
  return { count: number(name, count), rounds: ownRounds ? number(name, ownRounds) : rounds, counted: !ownRounds };
}

/** @param {string} name @param {string} text */
function number(name, text) {
  const value = Number(text);
  const isRight = Number.isInteger(value) && value >= 1 && value <= mostObjects;
  if (!isRight) throw new Error(`--${name} takes numbers from 1 to ${mostObjects}, not ${text}`);
  return value;
}
