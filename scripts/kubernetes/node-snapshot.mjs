import { answer, requests } from "./clients.mjs";
import { difference, kernelObjects } from "./objects.mjs";

/**
 * @typedef {object} Seen
 * @property {{ from: string, what: string, got: string }[]} answers
 * @property {string[]} objects
 *
 * @typedef {(argv: string[]) => Promise<{ code: number, stdout: string, stderr: string }>} Exec runs a command where the example is
 */

/**
 * What clients of examples/kube-proxy get, and what the kernel of its node has.
 * @param {Exec} exec
 * @param {string} node its namespace
 * @param {import("./objects.mjs").Mode} mode
 * @returns {Promise<Seen>}
 */
export async function snapshotNode(exec, node, mode) {
  const execIn = (/** @type {string} */ netns, /** @type {string[]} */ argv) =>
    exec(["ip", "netns", "exec", netns, ...argv]);
  const answers = [];
  for (const request of requests(node)) {
    const from = request.from === node ? "node" : request.from;
    answers.push({ from, what: request.what, got: answer(request, await execIn(request.from, request.argv)) });
  }
  const objects = await kernelObjects(async (argv) => {
    const { code, stdout, stderr } = await execIn(node, argv);
    if (code !== 0) throw new Error(`${argv.join(" ")}: exit ${code}\n${stderr}`);
    return stdout;
  }, mode);
  return { answers, objects };
}

/**
 * What is not the same in two of them.
 * @param {Seen} ours
 * @param {Seen} theirs
 */
export function unlike(ours, theirs) {
  const answers = ours.answers.flatMap(({ from, what, got }, index) => {
    const other = theirs.answers[index]?.got;
    return got === other ? [] : [`${from}, ${what}: ${got}, and ${other}`];
  });
  return [...answers, ...difference(ours.objects, theirs.objects)];
}
