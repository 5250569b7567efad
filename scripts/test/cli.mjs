// node scripts/test/cli.mjs [--all [--rest]] [LAYER...]: see README.md.
import { main, printLine } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";
import { layers } from "./layers.mjs";

const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith("--"));
const names = args.filter((arg) => !arg.startsWith("--"));
const [all, rest] = [options.includes("--all"), options.includes("--rest")];
const unknown = [
  ...names.filter((name) => layers.every((layer) => layer.name !== name)),
  ...options.filter((option) => option !== "--all" && option !== "--rest"),
];
if (unknown.length > 0) {
  printLine(`There is no test layer or option ${unknown.join(", ")}; there are --all, --rest and`);
  printLine(layers.map(({ name }) => name).join(", "));
  process.exit(2);
}

ensureNpm();
const { runLayers } = await import("./runner.mjs");
await main(() => runLayers(layers.filter(isSelected), { checked: names.length === 0 && !rest }));

/** @param {import("./layers.mjs").Layer} layer */
function isSelected({ name, run }) {
  if (names.length > 0) return names.includes(name);
  return (run === "test" && !rest) || (run === "all" && all);
}
