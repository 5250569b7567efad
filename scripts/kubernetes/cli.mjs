// node scripts/kubernetes/cli.mjs: see README.md.
import { main } from "../lib/cli.mjs";
import { ensureNpm } from "../lib/npm.mjs";

ensureNpm();
const { ensureKubernetes } = await import("./kubernetes.mjs");

await main(async () => {
  console.log(await ensureKubernetes());
  return 0;
});
