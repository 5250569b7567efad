import chains from "../../bench/chains.js";
import lab from "../../bench/lab.js";
import links from "../../bench/links.js";
import objects from "../../bench/objects.js";
import pods from "../../bench/pods.js";
import policyRules from "../../bench/policy-rules.js";
import rules from "../../bench/rules.js";
import serviceTable from "../../bench/service-table.js";
import services from "../../bench/services.js";
import sets from "../../bench/sets.js";

/**
 * @typedef {{ up: (count: number) => string[], destroy: (count: number) => string[] }} Commands the lines of a shell script
 *
 * @typedef {object} Workload
 * @property {string} name also of the option with its sizes, and of the file with its program
 * @property {number[]} counts the default sizes
 * @property {"sandbox" | "ssh"} where "ssh": on a machine over ssh
 * @property {string[]} [probe] commands that succeed if the kernel has all that is needed; else the workload runs as with "ssh"
 * @property {Commands} script one command each
 * @property {Commands} [limit] as few commands as the tools allow; default: the script
 */

/** @type {Workload[]} */
export const workloads = [
  { name: "pods", counts: [10, 100, 300, 1000], where: "sandbox", ...pods },
  { name: "rules", counts: [250, 1000], where: "sandbox", ...rules },
  { name: "objects", counts: [1000], where: "sandbox", ...objects },
  { name: "services", counts: [500], where: "sandbox", ...services },
  { name: "service-table", counts: [1000], where: "sandbox", ...serviceTable },
  { name: "links", counts: [260], where: "sandbox", ...links },
  { name: "chains", counts: [250], where: "sandbox", ...chains },
  { name: "sets", counts: [250], where: "sandbox", ...sets },
  { name: "policy-rules", counts: [250], where: "sandbox", ...policyRules },
  { name: "lab", counts: [1], where: "ssh", ...lab },
];
