import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lib/paths.mjs";
import { workloads } from "./workloads.mjs";

const mostObjects = 5000;

const sizes = workloads.map(({ name, counts }) => `--${name} ${counts.join(",")}`);

export const usage = `npm run bench -- [OPTION...]
  ${sizes.join(" ")}
                      sizes of the workloads, "" to leave one out
  --rounds 3          how often each is timed
  --vm                also what needs a throwaway virtual machine here
  --skip-checkpoints  Pulumi writes its state at the end of an operation only
  --out bench         the folder for results.json and chart.svg
  --help`;

/**
 * @typedef {object} Options
 * @property {(name: string) => number[]} counts the sizes of a workload
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
  const [rounds = 0, ...more] = numbers("rounds", String(given.rounds));
  if (!rounds || more.length > 0) throw new Error("--rounds takes one number");
  const entries = workloads.map(({ name, counts }) => {
    const option = given[name];
    return /** @type {const} */ ([name, option === undefined ? counts : numbers(name, String(option))]);
  });
  const counts = new Map(entries);
  return {
    counts: (name) => counts.get(name) ?? [],
    rounds,
    vm: given.vm === true,
    skipCheckpoints: given["skip-checkpoints"] === true,
    out: resolve(root, String(given.out)),
    help: given.help === true,
  };
}

/** @param {string} name @param {string} text */
function numbers(name, text) {
  const all = text.split(",").filter(Boolean).map(Number);
  const wrong = all.some((each) => !Number.isInteger(each) || each < 1 || each > mostObjects);
  if (wrong) throw new Error(`--${name} takes numbers from 1 to ${mostObjects}, not ${text}`);
  return all;
}
