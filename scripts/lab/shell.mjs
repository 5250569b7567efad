import { printLine } from "../lib/cli.mjs";
import { interactive } from "../lib/run.mjs";
import { vmStatus } from "../vm/vm.mjs";
import { readRecord } from "./record.mjs";

/** A shell where the lab is. */
export async function shell() {
  const where = readRecord()?.where;
  const vm = vmStatus();
  if (!where || (where === "vm" && !vm)) {
    printLine("No lab is up: npm run lab");
    return 1;
  }
  const terminal = process.stdin.isTTY;
  printLine(`This is ${where === "vm" ? "the virtual machine that the lab is in" : "this host"}; exit leaves it.
  ip netns exec foo ip address     what a pod sees
  ipvsadm -L -n                    the service and the pods behind it
  curl http://172.23.0.1:8080      asks the service`);
  const ssh = ["ssh", ...(terminal ? ["-t"] : []), ...(vm?.sshArgs ?? []), "bash"];
  const code = await interactive(where === "vm" ? ssh : ["bash"]);
  // Else the shell's last command would look like a failure of npm's.
  return terminal ? 0 : code;
}
