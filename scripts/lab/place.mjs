import { existsSync, readFileSync } from "node:fs";
import { printLine } from "../lib/cli.mjs";
import { output, run } from "../lib/run.mjs";
import { systemNamed } from "../vm/systems.mjs";
import { runIn, startVm, vmHost } from "../vm/vm.mjs";

/**
 * @typedef {"host" | "vm"} Where
 *
 * @typedef {object} Place where the lab is
 * @property {Where} where
 * @property {import("../vm/vm.mjs").Vm} [vm]
 * @property {(argv: string[]) => Promise<string>} run runs a command there as root
 */

/**
 * Where a lab is that is up, and else where it shall be.
 * @param {boolean} used whether there are resources
 * @param {string | undefined} host the configuration localnet:host
 * @returns {Promise<Where>}
 */
export async function chooseWhere(used, host) {
  if (host && host !== vmHost) {
    throw new Error(`localnet:host is ${host}: there the lab is brought up by npm run pulumi -- up`);
  }
  const wanted = process.env.LOCALNET_WHERE;
  if (wanted !== undefined && wanted !== "host" && wanted !== "vm") {
    throw new Error(`LOCALNET_WHERE is host or vm, not ${wanted}`);
  }
  if (used) {
    const where = host ? "vm" : "host";
    if (wanted && wanted !== where) throw new Error(`The lab is up elsewhere (${where}): first npm run lab:down`);
    return where;
  }
  if (wanted === "host" && !isRoot()) throw new Error("LOCALNET_WHERE=host is for root");
  if (wanted) return wanted;
  const missing = await lacking();
  if (missing) printLine(`The lab goes into a throwaway virtual machine: this host lacks ${missing}`);
  return missing ? "vm" : "host";
}

/**
 * @param {Where} where
 * @returns {Promise<Place>}
 */
export async function enter(where) {
  if (where === "host") return { where, run: output };
  const system = process.env.LOCALNET_SYSTEM;
  return inVm(await startVm(undefined, system === undefined ? undefined : systemNamed(system)));
}

/**
 * @param {import("../vm/vm.mjs").Vm} vm
 * @returns {Place}
 */
export function inVm(vm) {
  return { where: "vm", vm, run: runIn(vm) };
}

/** @param {Place} place */
export async function bootId(place) {
  return (await place.run(["cat", "/proc/sys/kernel/random/boot_id"])).trim();
}

/** What this host lacks to run the lab. Nothing is left behind: the modules that looking loads are removed again. */
async function lacking() {
  if (!isRoot()) return "root's rights";
  const before = modules();
  const ipvs = await run(["ipvsadm", "-S", "-n"]);
  const dummy = await run(["unshare", "--net", "ip", "link", "add", "name", "localnet", "type", "dummy"]);
  const loaded = modules().filter((name) => !before.includes(name));
  if (loaded.length > 0) await run(["rmmod", ...loaded]);
  if (ipvs.code !== 0) return "IPVS";
  return dummy.code === 0 ? undefined : "links of type dummy";
}

/** The newest first, which may use the others. */
function modules() {
  if (!existsSync("/proc/modules")) return [];
  return [...readFileSync("/proc/modules", "utf8").matchAll(/^\S+/gm)].map(([name]) => name);
}

export function isRoot() {
  return process.getuid?.() === 0;
}
