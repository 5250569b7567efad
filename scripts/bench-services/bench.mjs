import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureKubernetes } from "../kubernetes/kubernetes.mjs";
import { ensureProgram } from "../lab/setup.mjs";
import { printLine } from "../lib/cli.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { inThrowawayHome } from "../lib/home.mjs";
import { root } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { openSandbox } from "../lib/sandbox.mjs";
import { ensurePulumi, throwawayEnv, withCli } from "../pulumi-cli/pulumi.mjs";
import { runIn, startVm, stopVm } from "../vm/vm.mjs";
import { chart } from "./chart.mjs";

const machineName = "bench-services";
const packages = ["iproute2", "iptables", "nftables", "ipset", "ipvsadm", "conntrack", "python3"];

/**
 * @typedef {object} Measured of one mode, by one of the three, with so many services of two endpoints each
 * @property {string} mode
 * @property {string} by "kube-proxy", "resources" for KubeProxyNode, or "table" for ServiceTable
 * @property {number} count
 * @property {number} [resources] that Pulumi has
 * @property {number} programSeconds until all are there
 * @property {number} addSeconds until one more is there
 * @property {Record<"first" | "last", { median: number, p99: number, connections: number }>} microseconds of a new connection
 * @property {number} megabitsPerSecond of one connection to the last
 * @property {number} [kernelKilobytes] that the kernel has for all, where nothing else goes on
 * @property {number} load of this machine when it ended
 *
 * @typedef {{ kernel: string, emulated: boolean, cpus: number, model: string | undefined, node: string }} Machine
 * @typedef {{ machine: Machine, entries: Measured[] }} Run
 */

/** @param {string[]} args */
export async function benchServices(args) {
  const options = /** @type {const} */ ({
    modes: { type: "string", default: "iptables,nftables" },
    "kube-proxy": { type: "string", default: "1,10,100,1000" },
    resources: { type: "string", default: "1,10,100" },
    table: { type: "string", default: "1,10,100,1000,5000" },
    machine: { type: "boolean", default: false },
    minutes: { type: "string", default: "120" },
    out: { type: "string", default: "bench" },
  });
  const { values } = parseArgs({ args, options });
  await ensureDebian(packages);
  const programs = await ensureKubernetes();
  const [cli] = await Promise.all([ensurePulumi(), ensureProgram()]);
  const vm = values.machine ? await startVm(machineName) : undefined;
  const machine = {
    ...{ kernel: vm ? (await runIn(vm)(["uname", "-r"])).trim() : release(), emulated: vm !== undefined },
    ...{ cpus: cpus().length, model: cpus()[0]?.model.trim(), node: process.version },
  };
  // The smaller ones of all modes first: what there is no time for is the largest.
  const begin = Date.now();
  const counts = (/** @type {"kube-proxy" | "resources" | "table"} */ by) =>
    values[by].split(",").filter(Boolean).map(Number);
  const wanted = /** @type {const} */ (["kube-proxy", "resources", "table"])
    .flatMap((by) => counts(by).flatMap((count) => values.modes.split(",").map((mode) => ({ mode, by, count }))))
    .sort((one, other) => one.count - other.count);
  try {
    for (const { mode, by, count } of wanted) {
      printLine(`${mode}, ${by}, ${count} services`);
      const left = Number(values.minutes) * 60 - (Date.now() - begin) / 1000;
      if (left <= 0) {
        printLine("  left out: there is no time for it");
        continue;
      }
      const measured = await measure({ mode, by, count, programs, cli, left, sshConfig: vm?.sshConfig });
      printLine(`  ${JSON.stringify(measured)}`);
      // All of it takes its time: what there is so far is written down.
      if (measured) write(resolve(root, values.out), machine, measured);
    }
  } finally {
    if (vm) await stopVm(machineName);
  }
  return 0;
}

/**
 * In the place of what was measured before of the same, on the same kernel.
 * @param {string} folder
 * @param {Machine} machine
 * @param {Measured} entry
 */
function write(folder, machine, entry) {
  const file = join(folder, "services.json");
  /** @type {Run[]} */
  const had = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).runs : [];
  const isSame = (/** @type {Run} */ run) => run.machine.kernel === machine.kernel;
  const before = had.find(isSame)?.entries ?? [];
  const key = (/** @type {Measured} */ { mode, by, count }) => `${by} ${mode} ${String(count).padStart(6)}`;
  const entries = [...before.filter((each) => key(each) !== key(entry)), entry].sort((one, other) =>
    key(one) < key(other) ? -1 : 1,
  );
  const runs = [...had.filter((run) => !isSame(run)), { machine, entries }].sort((one, other) =>
    one.machine.kernel < other.machine.kernel ? -1 : 1,
  );
  writeFileSync(file, `${JSON.stringify({ runs }, null, 1)}\n`);
  writeFileSync(join(folder, "services.svg"), chart(runs));
}

/**
 * In a network, with mounts and processes, of its own; or in a machine, and only what it needs of programs here.
 * @param {{ mode: string, by: string, count: number, programs: string, cli: string, left: number, sshConfig: string | undefined }} what
 * @returns {Promise<Measured | undefined>} undefined: it took too long
 */
async function measure({ cli, left, ...what }) {
  const sandbox = await openSandbox({ network: what.sshConfig === undefined });
  try {
    const { code, stdout, text, timedOut } = await inThrowawayHome("services", (home) =>
      run([...sandbox.enterArgv, "node", join(import.meta.dirname, "inside.mjs"), JSON.stringify({ ...what, home })], {
        timeoutSeconds: Math.ceil(left),
        env: {
          ...throwawayEnv(home, withCli(cli)),
          ...(what.sshConfig && { LOCALNET_SSH_CONFIG: what.sshConfig }),
          PULUMI_SKIP_CHECKPOINTS: "true",
          PULUMI_EXPERIMENTAL: "true",
        },
      }),
    );
    if (timedOut) return undefined;
    if (code !== 0) throw new Error(text.slice(-4000));
    const load = Number(readFileSync("/proc/loadavg", "utf8").split(" ")[1]);
    return { mode: what.mode, by: what.by, count: what.count, ...JSON.parse(stdout), load };
  } finally {
    await sandbox.close();
  }
}
