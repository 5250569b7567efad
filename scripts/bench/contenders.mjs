import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { output, run } from "../lib/run.mjs";
import { quoted } from "../vm/vm.mjs";

/** In the order in which they run. Each starts from the result of the one before. */
export const operations = /** @type {const} */ (["up", "no-change up", "refresh", "destroy", "up + destroy"]);

/**
 * @typedef {typeof operations[number]} Operation
 *
 * @typedef {object} Task
 * @property {import("./workloads.mjs").Workload} workload
 * @property {number} count
 * @property {import("./places.mjs").Place} place
 * @property {string} directory an empty one
 * @property {NodeJS.ProcessEnv} env
 *
 * @typedef {object} Prepared
 * @property {Partial<Record<Operation, string[]>>} commands
 * @property {NodeJS.ProcessEnv} [env] more variables than the task's
 * @property {() => Promise<State>} [state] reads the size of Pulumi's state
 *
 * @typedef {object} State
 * @property {number} bytes
 * @property {number} resources
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(workload: import("./workloads.mjs").Workload, count: number) => Promise<string | undefined>} lacking why it is left out
 * @property {(task: Task) => Promise<Prepared>} prepare is not measured
 */

const nothing = async () => undefined;
const mostPods = 1000;

/** Debian's Python, for which Mininet is packaged. Another one may be before it on PATH. */
const python = "/usr/bin/python3";

/** The contender by whose times the others are divided. */
export const floor = "engine floor";

/** @type {Contender[]} */
export const contenders = [
  { name: floor, lacking: nothing, prepare: (task) => pulumi("./nothing", task) },
  { name: "dynamic provider", lacking: nothing, prepare: (task) => pulumi("pulumi-localnet", task) },
  { name: "native plugin", lacking: nothing, prepare: (task) => pulumi("pulumi-localnet/native", task) },
  { name: "shell script", lacking: lacksTime, prepare: async (task) => script(task) },
  { name: "limit", lacking: lacksTime, prepare: async (task) => limit(task) },
  { name: "Mininet", lacking: lacksMininet, prepare: async ({ count }) => mininet(count) },
];

/**
 * @param {string} kinds the import path of the program
 * @param {Task} task
 * @returns {Promise<Prepared>}
 */
async function pulumi(kinds, { workload, count, place: { vm }, directory, env: common }) {
  const backend = join(directory, "state");
  mkdirSync(backend);
  const env = { ...common, PULUMI_BACKEND_URL: `file://${backend}?metadata=skip` };
  const projectFlags = ["--cwd", join(root, "bench"), "--non-interactive", "--color", "never"];
  const target = ["--stack", "bench", "--config-file", join(directory, "config.yaml")];
  const run = (/** @type {string[]} */ ...args) => output(["pulumi", ...args, ...projectFlags], { env });

  await run("stack", "init", "bench");
  const settings = { kinds, workload: workload.name, count, ...(vm && { "localnet:host": vm.host }) };
  const pairs = Object.entries(settings).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  await run("config", "set-all", ...pairs, ...target);

  const all = ["--yes", "--skip-preview", ...projectFlags, ...target];
  const command = (/** @type {string[]} */ ...args) => ["pulumi", ...args, ...all];
  return {
    env,
    commands: {
      up: command("up"),
      // Neither may change anything: the objects exist, and are found.
      "no-change up": command("up", "--expect-no-changes"),
      refresh: command("refresh", "--expect-no-changes"),
      destroy: command("destroy"),
    },
    async state() {
      const text = await run("stack", "export", "--stack", "bench");
      return { bytes: Buffer.byteLength(text), resources: JSON.parse(text).deployment.resources.length };
    },
  };
}

/**
 * One command for each object. Over ssh each takes one round trip, on an open connection.
 * @param {Task} task
 */
function script(task) {
  const { vm } = task.place;
  const send = vm && ((/** @type {string} */ line) => ["ssh", ...vm.sshArgs, line].map(quoted).join(" "));
  return shell(task, task.workload.script, (lines) => (send ? lines.map(send) : lines).join("\n"));
}

/** @param {Task} task */
function limit(task) {
  const { workload } = task;
  const { vm } = task.place;
  const all = (/** @type {string[]} */ lines) => `set -e\n${lines.join("\n")}`;
  return shell(task, workload.limit ?? workload.script, (lines) =>
    vm ? `${["ssh", ...vm.sshArgs, "sh -s"].map(quoted).join(" ")} <<'END'\n${all(lines)}\nEND` : all(lines),
  );
}

/**
 * @param {Task} task
 * @param {import("./workloads.mjs").Commands} commands
 * @param {(lines: string[]) => string} text
 * @returns {Prepared}
 */
function shell({ count, directory }, commands, text) {
  const file = (/** @type {"up" | "destroy"} */ operation) => {
    const path = join(directory, `${operation}.sh`);
    writeFileSync(path, `${text(commands[operation](count))}\n`);
    return ["sh", "-e", path];
  };
  return { commands: { up: file("up"), destroy: file("destroy") } };
}

/** @param {import("./workloads.mjs").Workload} workload @param {number} count */
async function lacksTime({ name }, count) {
  const isTooMany = name === "pods" && count > mostPods;
  return isTooMany
    ? "each `ip -n` copies the mounts of all namespaces, and takes the longer the more there are"
    : undefined;
}

/** @param {import("./workloads.mjs").Workload} workload @param {number} count */
async function lacksMininet({ name }, count) {
  if (name !== "pods") return "it knows nothing but hosts and switches";
  if (count > mostPods) return "its one bridge has room for 1024 links";
  const { code } = await run([python, "-c", "import mininet.net"]);
  return code === 0
    ? undefined
    : "it is not installed: apt-get install --no-install-recommends mininet bridge-utils net-tools";
}

/**
 * It runs in a single process, so up and destroy are one operation.
 * @param {number} count
 * @returns {Prepared}
 */
function mininet(count) {
  return { commands: { "up + destroy": [python, join(root, "bench/mininet-pods.py"), String(count)] } };
}
