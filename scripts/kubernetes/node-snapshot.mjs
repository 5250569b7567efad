import { answer, requests } from "./clients.mjs";
import { difference, kernelObjects } from "./objects.mjs";

/**
 * @typedef {object} NodeSnapshot
 * @property {{ from: string, what: string, got: string }[]} answers
 * @property {string[]} objects a line for each object
 *
 * @typedef {(argv: string[]) => Promise<{ code: number, stdout: string, stderr: string }>} Exec runs a command on the machine that has the example
 */

/**
 * The answers that clients of examples/kube-proxy get, and the objects in the kernel of its node.
 * @param {Exec} exec
 * @param {string} node the namespace of the node
 * @param {import("./objects.mjs").Mode} mode
 * @returns {Promise<NodeSnapshot>}
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
 * The differences of two snapshots, a line each.
 * @param {NodeSnapshot} ours
 * @param {NodeSnapshot} theirs
 */
export function snapshotDifferences(ours, theirs) {
  const answers = ours.answers.flatMap(({ from, what, got }, index) => {
    const other = theirs.answers[index]?.got;
    return got === other ? [] : [`${from}, ${what}: ${got}, but ${other} by kube-proxy`];
  });
  return [...answers, ...difference(ours.objects, theirs.objects)];
}
