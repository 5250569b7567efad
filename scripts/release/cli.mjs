// node scripts/release/cli.mjs [DIRECTORY]: see README.md.
import { join } from "node:path";
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";
import { root } from "../lib/paths.mjs";

ensureNpm();
const { release } = await import("./release.mjs");
await main(() => release(process.argv[2] ?? join(root, ".localnet/release")));
