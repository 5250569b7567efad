// node scripts/pulumi-cli/cli.mjs: see README.md.
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { ensurePulumiYaml } = await import("./pulumi-yaml.mjs");

await main(async () => {
  console.log(await ensurePulumiYaml());
  return 0;
});
