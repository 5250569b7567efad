// node snapshot.mjs [SSH ARGUMENT...]: prints all that a lab could leave behind on this machine, or on one behind ssh.
import { output } from "../../scripts/lib/run.mjs";
import { snapshot } from "../../scripts/snapshot.mjs";
import { quoted } from "../../scripts/vm/vm.mjs";

const ssh = process.argv.slice(2);
const run = (argv) => output(ssh.length ? ["ssh", ...ssh, argv.map(quoted).join(" ")] : argv);
console.log(JSON.stringify(await snapshot(run)));
