import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { root, stateDirectory } from "../lib/paths.mjs";
import { interactive, output, run } from "../lib/run.mjs";

const stack = "lab";
export const afterFailure = "What is up stays: npm run lab tries again, npm run lab:down takes it away.";
const locks = join(stateDirectory, ".pulumi/locks/organization/ipvs-lab", stack);

/**
 * @typedef {object} Row what a probe must see and what it saw, as the lab's program tells
 * @property {number} [stage]
 * @property {string} probe
 * @property {string} must
 * @property {string} saw
 *
 * @typedef {object} State
 * @property {boolean} used whether there are resources
 * @property {boolean} interrupted whether an operation was not seen to its end
 * @property {string | undefined} host the configuration localnet:host
 * @property {number | undefined} stage the configuration stage
 *
 * @typedef {ReturnType<typeof openStack>} Stack
 */

/**
 * The ordinary Pulumi CLI, on the lab's stack.
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} [cwd] the folder of the lab's Pulumi.yaml
 */
export function openStack(environment, cwd = root) {
  /** @type {{ cwd: string, env: NodeJS.ProcessEnv }} */
  const options = { cwd, env: { ...environment, PULUMI_STACK: stack } };
  const read = (/** @type {string[]} */ ...args) => output(["pulumi", ...args, "--non-interactive"], options);

  return {
    /** @param {import("../vm/vm.mjs").Vm | undefined} vm the machine that the stack's host is, if it is one */
    forVm: (vm) => openStack(vm ? { ...environment, LOCALNET_SSH_CONFIG: vm.sshConfig } : environment),

    /** @param {string[]} args */
    interactive: (args) => interactive(["pulumi", ...args], options),

    /** @returns {Promise<State | undefined>} undefined if there is no such stack */
    async state() {
      const { code, stdout, stderr } = await run(["pulumi", "stack", "export", "--stack", stack], options);
      if (code !== 0 && /no stack named/.test(stderr)) return undefined;
      if (code !== 0) throw new Error(`pulumi stack export: exit ${code}\n${stderr.trim()}`);
      const { resources = [], pending_operations: pending = [] } = JSON.parse(stdout).deployment ?? {};
      /** @type {Record<string, { value: string }>} */
      const config = JSON.parse(await read("config", "--json"));
      return {
        used: resources.length > 0,
        interrupted: pending.length > 0,
        host: config["localnet:host"]?.value,
        stage: config["ipvs-lab:stage"] && Number(config["ipvs-lab:stage"].value),
      };
    },

    create: () => read("stack", "init", stack),

    /**
     * @param {string} path
     * @param {string | undefined} value undefined removes it
     */
    async configure(path, value) {
      await (value === undefined ? read("config", "rm", "--path", path) : read("config", "set", "--path", path, value));
    },

    /**
     * A real `pulumi up`, and another one where it took something away: only then do the probes look.
     * @param {object} how
     * @param {boolean} how.refresh whether first to look at what is there
     * @param {boolean} how.shown
     * @returns {Promise<Row[]>}
     */
    async up({ refresh, shown }) {
      const flags = ["--yes", "--skip-preview", "--suppress-outputs"];
      for (const more of [refresh ? ["--refresh"] : [], []]) {
        const args = ["up", ...flags, ...more];
        const { code, text } = shown
          ? { code: await interactive(["pulumi", ...args], options), text: "" }
          : await run(["pulumi", ...args, "--non-interactive"], options);
        if (code !== 0) throw new Error(`${text}\npulumi up: exit ${code}. ${afterFailure}`);
        const { seen = [], settled = true } = JSON.parse(await read("stack", "output", "--json"));
        if (settled) return seen;
      }
      return [];
    },

    /** Looks at what is there, and shows what has changed. */
    refresh: () => interactive(["pulumi", "refresh", "--yes", "--skip-preview", "--suppress-outputs"], options),

    /** What the next `up` would do: nothing, or else what the CLI says. */
    async pending() {
      const { code, text } = await run(["pulumi", "preview", "--expect-no-changes", "--non-interactive"], options);
      return code === 0 ? undefined : text;
    },

    destroy: () => interactive(["pulumi", "destroy", "--yes", "--skip-preview"], options),

    /** Drops a stack whose resources are no more. */
    removeStack: () => read("stack", "rm", "--force", "--yes", "--preserve-config", stack),

    /** Makes Pulumi forget creations that it did not see the end of: the next up finds what there is of them. */
    clearPending: () => read("refresh", "--yes", "--skip-preview", "--clear-pending-creates"),

    /** Lets go of what a killed CLI still holds. */
    async unlock() {
      if (!options.env.PULUMI_BACKEND_URL?.endsWith(stateDirectory) || !abandoned()) return;
      printLine("Pulumi was ended before it was done: giving its lock back");
      await read("cancel", "--yes", stack);
    },
  };
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** Whether the stack is locked by processes that are no more. */
function abandoned() {
  if (!existsSync(locks)) return false;
  const files = readdirSync(locks).filter((file) => file.endsWith(".json"));
  const holders = files.map((file) => JSON.parse(readFileSync(join(locks, file), "utf8")));
  return holders.length > 0 && holders.every((holder) => holder.hostname === hostname() && !isAlive(holder.pid));
}
