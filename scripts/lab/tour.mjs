import { printLine } from "../lib/cli.mjs";
import { openLab } from "./open.mjs";
import { afterFailure } from "./stack.mjs";
import { isAsExpected, table } from "./table.mjs";

/** What each stage adds, and those of its parts without which something else is seen. */
const stages = [
  { title: "a bridge, and pod foo behind it", parts: [] },
  { title: "pod bar, and rules that forward between the pods", parts: ["forward"] },
  { title: "an IPVS service with foo behind it, and foo's default route", parts: ["route-foo"] },
  { title: "bar behind the service too: they take turns", parts: [] },
  { title: "bar no longer behind the service", parts: [] },
  { title: "a dummy link with the service's address, for the pods to reach it", parts: ["dummy"] },
  { title: "nothing new: foo asks the service, which has only foo behind it", parts: [] },
  {
    title: "both pods behind the service, and the three parts that let a pod reach itself through it",
    parts: ["promiscuous", "masquerade", "conntrack"],
  },
];

/** Walks through the stages as a user would, each by a real `pulumi up`. */
export async function tour() {
  const { stack, used } = await openLab();
  if (used) printLine("Stage 1 walks back to the beginning");
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.on("SIGINT", stop);
  /** @type {(import("./stack.mjs").Row & { without?: string | undefined })[]} */
  const rows = [];
  try {
    for (const [index, { title, parts }] of stages.entries()) {
      const stage = index + 1;
      console.log(`\nStage ${stage}: ${title}`);
      for (const part of [...parts, undefined]) {
        if (stopped) throw new Error(`Stopped. ${afterFailure}`);
        rows.push(...(await step(stack, stage, part, used && rows.length === 0)));
      }
    }
  } finally {
    await stack.configure("stage", undefined);
    await stack.configure("without", undefined);
    process.off("SIGINT", stop);
  }
  console.log(`\nThe lab is up, all of it. What was seen on the way:\n\n${table(rows)}`);
  return rows.every(isAsExpected) ? 0 : 1;
}

/**
 * @param {import("./stack.mjs").Stack} stack
 * @param {number} stage
 * @param {string | undefined} without
 * @param {boolean} refresh
 */
async function step(stack, stage, without, refresh) {
  const start = Date.now();
  process.stdout.write(without ? `  without ${without}: pulumi up` : "  pulumi up");
  await stack.configure("stage", String(stage));
  await stack.configure(without ? "without[0]" : "without", without);
  const all = await stack.up({ refresh, shown: false }).catch((error) => {
    console.log(" failed");
    throw error;
  });
  console.log(` ${Math.round((Date.now() - start) / 1000)} s`);
  const rows = all.filter((row) => row.stage === stage).map((row) => ({ ...row, without }));
  if (rows.length === 0) throw new Error("Nothing was looked at");
  for (const row of rows) {
    console.log(`    ${row.probe}: ${row.saw}, ${isAsExpected(row) ? "as it must" : `but it must be ${row.must}`}`);
  }
  return rows;
}
