import { contenders, floor, operations } from "./contenders.mjs";

/**
 * @typedef {import("./contenders.mjs").Operation} Operation
 *
 * @typedef {object} Spread over the rounds
 * @property {number} median
 * @property {number} min
 * @property {number} max
 *
 * @typedef {object} Entry what a contender took for an operation on a workload
 * @property {string} workload
 * @property {number} count
 * @property {Operation} operation
 * @property {string} contender
 * @property {Spread} [ratio] to the engine floor's time in the same round
 * @property {number[]} seconds in each round
 * @property {number} [processes]
 * @property {Record<string, number>} [programs]
 * @property {number} [memory]
 * @property {import("./contenders.mjs").State} [state] after it
 *
 * @typedef {object} Growth the time per object of many, divided by that of few
 * @property {string} workload
 * @property {number} many
 * @property {number} few
 * @property {string} contender
 * @property {Spread} ratio
 */

export class Results {
  /** @type {Entry[]} */
  #entries = [];

  /** @param {Pick<Entry, "workload" | "count" | "operation" | "contender">} what */
  #entry({ workload, count, operation, contender }) {
    const same = (/** @type {Entry} */ each) =>
      each.workload === workload &&
      each.count === count &&
      each.operation === operation &&
      each.contender === contender;
    const known = this.#entries.find(same);
    if (known) return known;
    /** @type {Entry} */
    const entry = { workload, count, operation, contender, seconds: [] };
    this.#entries.push(entry);
    return entry;
  }

  /**
   * @param {{ workload: string, count: number, contender: string }} what
   * @param {Map<Operation, import("./measure.mjs").Cost>} costs
   * @param {import("./contenders.mjs").State | undefined} state
   */
  addCosts(what, costs, state) {
    for (const [operation, cost] of costs) Object.assign(this.#entry({ ...what, operation }), cost);
    const [up, destroy] = [costs.get("up"), costs.get("destroy")];
    if (!up || !destroy) return;
    Object.assign(this.#entry({ ...what, operation: "up" }), state && { state });
    const processes = (up.processes ?? 0) + (destroy.processes ?? 0);
    const memory = Math.max(up.memory, destroy.memory);
    Object.assign(this.#entry({ ...what, operation: "up + destroy" }), processes && { processes }, { memory });
  }

  /**
   * @param {{ workload: string, count: number, contender: string }} what
   * @param {Map<Operation, number>} seconds of one round
   */
  addSeconds(what, seconds) {
    const [up, destroy] = [seconds.get("up"), seconds.get("destroy")];
    const both =
      up === undefined || destroy === undefined ? [] : [/** @type {const} */ (["up + destroy", up + destroy])];
    for (const [operation, each] of [...seconds, ...both]) this.#entry({ ...what, operation }).seconds.push(each);
  }

  /** By workload, operation and contender. @returns {Entry[]} */
  get entries() {
    const order = contenders.map(({ name }) => name);
    return this.#entries
      .map((entry) => {
        const ratio = ratioOf(entry.seconds, this.#entry({ ...entry, contender: floor }).seconds);
        return { ...entry, ...(ratio && { ratio }) };
      })
      .filter(({ seconds }) => seconds.length > 0)
      .sort(
        (a, b) =>
          Number(a.workload > b.workload) - Number(a.workload < b.workload) ||
          a.count - b.count ||
          operations.indexOf(a.operation) - operations.indexOf(b.operation) ||
          order.indexOf(a.contender) - order.indexOf(b.contender),
      );
  }

  /** The growth of up and destroy, from each size of a workload to the largest. @returns {Growth[]} */
  get growth() {
    const whole = this.entries.filter(({ operation }) => operation === "up + destroy");
    return whole.flatMap(({ workload, contender, count: few, seconds }) => {
      const sizes = whole.filter((each) => each.workload === workload && each.contender === contender);
      const { count: many, seconds: most } = sizes.reduce((a, b) => (b.count > a.count ? b : a));
      const each = (/** @type {number[]} */ all, /** @type {number} */ count) => all.map((one) => one / count);
      const ratio = ratioOf(each(most, many), each(seconds, few));
      return many > few && ratio ? [{ workload, many, few, contender, ratio }] : [];
    });
  }
}

/**
 * Compares round by round, since the speed of a machine varies.
 * @param {number[]} of
 * @param {number[]} to
 * @returns {Spread | undefined}
 */
function ratioOf(of, to) {
  const ratios = of.flatMap((one, round) => (to[round] ? [one / to[round]] : [])).sort((a, b) => a - b);
  const [min, max] = [ratios[0], ratios.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const middle = (ratios.length - 1) / 2;
  const median = ((ratios[Math.floor(middle)] ?? 0) + (ratios[Math.ceil(middle)] ?? 0)) / 2;
  return { median, min, max };
}
