// node scripts/setup/cli.mjs: gets what the lab, the examples and the tests need.
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { setUpAll } = await import("./setup.mjs");
await main(setUpAll);
