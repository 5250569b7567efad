import { vmStatus } from "../vm/vm.mjs";
import { down } from "./down.mjs";
import { hostsLab } from "./hosts.mjs";
import { kubeProxyLab } from "./kube-proxy.mjs";
import { exclusively } from "./record.mjs";
import { rootlessLab } from "./rootless.mjs";
import { setUp } from "./setup.mjs";
import { shell } from "./shell.mjs";
import { tour } from "./tour.mjs";
import { up } from "./up.mjs";

/**
 * @param {string[]} args of the command
 * @returns {Record<string, () => Promise<number>>}
 */
export function commands(args) {
  return {
    up: () => exclusively(up),
    tour: () => exclusively(tour),
    down: () => exclusively(down),
    shell,
    rootless: () => rootlessLab(args[0]),
    hosts: hostsLab,
    "kube-proxy": () => kubeProxyLab(args),
    pulumi: async () => (await setUp()).forVm(vmStatus()).interactive(args),
  };
}
