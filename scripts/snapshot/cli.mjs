// node scripts/snapshot/cli.mjs [SSH ARGUMENT...]: prints all that a lab could leave behind on this machine, or on another one over ssh.
import { output } from "../lib/run.mjs";
import { quoted } from "../vm/vm.mjs";
import { snapshot } from "./snapshot.mjs";

const ssh = process.argv.slice(2);
const run = (/** @type {string[]} */ argv) => output(ssh.length ? ["ssh", ...ssh, argv.map(quoted).join(" ")] : argv);
console.log(JSON.stringify(await snapshot(run)));
