import { say } from "../lib/cli.mjs";
import { interactive } from "../lib/run.mjs";
import { quoted, runningVms, startVm, stopVm } from "./vm.mjs";

/**
 * @param {string[]} args of the command
 * @returns {Record<string, () => Promise<number>>}
 */
export function commands(args) {
  const named = args[0] === "--name";
  const name = named ? args[1] : undefined;
  const words = (named ? args.slice(2) : args).map(quoted).join(" ");

  return {
    async start() {
      const vm = await startVm(name);
      say(`${vm.host} with LOCALNET_SSH_CONFIG=${vm.sshConfig}`);
      return 0;
    },
    async stop() {
      say((await stopVm(name)) ? "The virtual machine is gone" : "No virtual machine runs");
      return 0;
    },
    async status() {
      const vms = runningVms();
      for (const vm of vms) console.log(`${vm.name}  pid ${vm.pid}  127.0.0.1:${vm.port}  ${vm.sshConfig}`);
      if (vms.length === 0) say("No virtual machine runs");
      return vms.length > 0 ? 0 : 1;
    },
    async ssh() {
      const vm = await startVm(name);
      return interactive(["ssh", ...vm.sshArgs, ...(words ? [words] : [])]);
    },
  };
}
