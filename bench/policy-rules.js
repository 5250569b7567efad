// Rules of policy routing.

const place = (/** @type {number} */ i) => ({
  priority: 1000 + i,
  from: `10.200.${i >> 8}.${i & 255}`,
  table: 1000 + i,
});

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ PolicyRule }, count) => {
  for (let i = 0; i < count; i++) new PolicyRule(`r${i}`, place(i));
};

/** @param {number} count @param {"add" | "del"} verb */
const lines = (count, verb) =>
  Array.from({ length: count }, (_, i) => {
    const { priority, from, table } = place(i);
    return `rule ${verb} priority ${priority} from ${from} table ${table}`;
  });
const ip = (/** @type {string[]} */ all) => all.map((line) => `ip ${line}`);
const batch = (/** @type {string[]} */ all) => [`ip -batch - <<E\n${all.join("\n")}\nE`];

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = { up: (count) => ip(lines(count, "add")), destroy: (count) => ip(lines(count, "del")) };

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = { up: (count) => batch(lines(count, "add")), destroy: (count) => batch(lines(count, "del")) };
