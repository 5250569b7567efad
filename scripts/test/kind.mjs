// node scripts/test/kind.mjs [--vm] KIND: see README.md.
import { main, printLine } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { testKind } = await import("./test-kind.mjs");
const args = process.argv.slice(2);
const [kind, ...more] = args.filter((arg) => arg !== "--vm");

await main(async () => {
  if (kind && more.length === 0) return testKind(kind, { vm: args.includes("--vm") });
  printLine("usage: npm run test:kind -- [--vm] KIND, such as Route");
  return 2;
});
