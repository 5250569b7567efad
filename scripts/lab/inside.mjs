import { interactive } from "../lib/run.mjs";
import { isAsExpected, table } from "./table.mjs";

/** @typedef {import("./stack.mjs").Stack} Stack */

/** @param {string} text */
export function heading(text) {
  console.log(`== ${text}`);
}

/** A `pulumi up`, and what its probes saw. @param {Stack} stack @param {string} title */
export async function showUp(stack, title) {
  heading(title);
  const rows = await stack.up({ refresh: false, shown: true });
  console.log(`\n${table(rows)}\n`);
  if (rows.length === 0 || !rows.every(isAsExpected)) throw new Error("That is not what must be seen");
}

/** @param {Stack} stack */
export async function nothingToDo(stack) {
  heading("pulumi preview, once more");
  const text = await stack.pending();
  if (text !== undefined) throw new Error(`Something is still to be done:\n${text}`);
  console.log("Nothing to do.\n");
}

/**
 * A shell in the folder of a lab's program, with its stack selected.
 * @param {string} project
 * @param {string} prompt
 * @param {string} hints shown before it
 */
export async function shellIn(project, prompt, hints) {
  console.log(hints);
  // Without job control: this terminal may belong to processes that nobody in here can name.
  const env = { ...process.env, PULUMI_STACK: "lab", PS1: `${prompt}# ` };
  await interactive(["bash", "--norc", "+m"], { cwd: project, env });
}
