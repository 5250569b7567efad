// node scripts/vm/cli.mjs start|stop|status|ssh [--name NAME] [COMMAND...]: a throwaway machine with IPVS.
import { dispatch, interactive, say } from "../lib/run.mjs";
import { quoted, runningVms, startVm, stopVm } from "./vm.mjs";

const [action = "", ...rest] = process.argv.slice(2);
const named = rest[0] === "--name";
const name = named ? rest[1] : undefined;
const command = named ? rest.slice(2) : rest;

/** @type {Record<string, () => Promise<number>>} */
const actions = {
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
    return interactive(["ssh", ...vm.sshArgs, ...(command.length > 0 ? [command.map(quoted).join(" ")] : [])]);
  },
};

await dispatch(actions, action, "node scripts/vm/cli.mjs start|stop|status|ssh [--name NAME] [COMMAND...]");
