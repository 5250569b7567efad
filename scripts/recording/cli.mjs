// node scripts/recording/cli.mjs: runs `npm run lab:rootless`, and makes docs/lab-rootless.svg from its output.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { shown } from "./lines.mjs";
import { record } from "./record.mjs";
import { drawn } from "./svg.mjs";

await main(async () => {
  const lines = shown(await record(["npm", "run", "--silent", "lab:rootless"], root));
  writeFileSync(join(root, "docs/lab-rootless.svg"), drawn("npm run lab:rootless", lines));
  return 0;
});
