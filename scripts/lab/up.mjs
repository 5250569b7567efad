import { printLine } from "../lib/cli.mjs";
import { openLab } from "./open.mjs";
import { isAsExpected, table } from "./table.mjs";

const nextSteps = `
It stays up. To look around:
  npm run lab:shell          a shell where the lab is; ip netns exec foo COMMAND runs one in a pod
  npm run pulumi -- stack    what there is; any other command of Pulumi's likewise
  npm run lab:tour           how it comes about, step by step
  npm run lab:down           takes it away again`;

/** Brings the lab up, or repairs it, and shows what is seen in it. */
export async function up() {
  const { stack, used, stage } = await openLab();
  if (stage && stage < 8)
    printLine(`Up to stage ${stage} only, as configured (npm run pulumi -- config rm stage: all of it)`);
  const rows = await stack.up({ refresh: used, shown: true });
  console.log(`\n${table(rows)}`);
  if (rows.length === 0) printLine("Nothing was looked at");
  if (rows.length === 0 || !rows.every(isAsExpected)) return 1;
  console.log(nextSteps);
  return 0;
}
