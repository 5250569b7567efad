import { printLine } from "../lib/cli.mjs";
import { interactive } from "../lib/run.mjs";
import { systemNamed } from "./systems.mjs";
import { quoted, runningVms, startVm, stopVm } from "./vm.mjs";

/**
 * @param {string[]} args of the command
 * @returns {Record<string, () => Promise<number>>}
 */
export function commands(args) {
  /** @type {Record<string, string | undefined>} */
  const options = {};
  let rest = args;
  for (; rest[0] === "--name" || rest[0] === "--system"; rest = rest.slice(2)) options[rest[0]] = rest[1];
  const name = options["--name"];
  const words = rest.map(quoted).join(" ");

  return {
    async start() {
      const system = options["--system"];
      const vm = await startVm(name, system === undefined ? undefined : systemNamed(system));
      printLine(`${vm.host} with LOCALNET_SSH_CONFIG=${vm.sshConfig}`);
      return 0;
    },
    async stop() {
      printLine((await stopVm(name)) ? "The virtual machine is gone" : "No virtual machine runs");
      return 0;
    },
    async status() {
      const vms = runningVms();
      for (const vm of vms)
        console.log(`${vm.name}  ${vm.system}  pid ${vm.pid}  127.0.0.1:${vm.port}  ${vm.sshConfig}`);
      if (vms.length === 0) printLine("No virtual machine runs");
      return vms.length > 0 ? 0 : 1;
    },
    async ssh() {
      const vm = await startVm(name);
      return interactive(["ssh", ...vm.sshArgs, ...(words ? [words] : [])]);
    },
  };
}
