import { inColumns } from "../lib/columns.mjs";

/**
 * @param {import("./results.mjs").Entry[]} entries
 * @returns {string}
 */
export function table(entries) {
  return inColumns([
    ["workload", "operation", "contender", "x floor", "min..max", "processes", "memory MB", "state B/resource"],
    ...entries.map(({ workload, count, operation, contender, ratio, processes, memory, state }) => [
      `${count} ${workload}`,
      operation,
      contender,
      ...spread(ratio),
      processes === undefined ? "" : String(processes),
      memory ? (memory / 1e6).toFixed(0) : "",
      state === undefined ? "" : (state.bytes / state.resources).toFixed(0),
    ]),
  ]);
}

/**
 * @param {import("./results.mjs").Growth[]} growth
 * @returns {string}
 */
export function growthTable(growth) {
  return inColumns([
    ["up + destroy of one object", "contender", "growth", "min..max"],
    ...growth.map(({ workload, many, few, contender, ratio }) => [
      `among ${many} ${workload} / among ${few}`,
      contender,
      ...spread(ratio),
    ]),
  ]);
}

/** @param {import("./results.mjs").Spread | undefined} ratio */
function spread(ratio) {
  return ratio ? [short(ratio.median), `${short(ratio.min)}..${short(ratio.max)}`] : ["", ""];
}

/** @param {number} value */
function short(value) {
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}
