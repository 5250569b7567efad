import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureKubernetes } from "../kubernetes/kubernetes.mjs";
import { ensureProgram } from "../lab/setup.mjs";
import { printLine } from "../lib/cli.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { root } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { openSandbox } from "../lib/sandbox.mjs";
import { ensurePulumi, throwawayEnv } from "../pulumi-cli/pulumi.mjs";
import { chart } from "./chart.mjs";

const packages = ["iproute2", "iptables", "nftables", "ipset", "ipvsadm", "conntrack", "python3"];

/**
 * @typedef {object} Measured of one mode, by one of the two, with so many services of two endpoints each
 * @property {string} mode
 * @property {string} by
 * @property {number} count
 * @property {number} [resources] that Pulumi has
 * @property {number} programSeconds until all are there
 * @property {number} addSeconds until one more is there
 * @property {Record<"first" | "last", { median: number, p99: number, connections: number }>} microseconds of a new connection
 * @property {number} megabitsPerSecond of one connection to the last
 */

/** @param {string[]} args */
export async function benchServices(args) {
  const options = /** @type {const} */ ({
    modes: { type: "string", default: "iptables,nftables" },
    "kube-proxy": { type: "string", default: "1,10,100,1000" },
    resources: { type: "string", default: "1,10,100" },
    out: { type: "string", default: "bench" },
  });
  const { values } = parseArgs({ args, options });
  await ensureDebian(packages);
  const programs = await ensureKubernetes();
  const [cli] = await Promise.all([ensurePulumi(), ensureProgram()]);
  /** @type {Measured[]} */
  const entries = [];
  for (const mode of values.modes.split(",")) {
    for (const by of /** @type {const} */ (["kube-proxy", "resources"])) {
      for (const count of values[by].split(",").filter(Boolean).map(Number)) {
        printLine(`${mode}, ${by}, ${count} services`);
        const measured = await measure({ mode, by, count, programs, cli });
        printLine(`  ${JSON.stringify(measured)}`);
        entries.push(measured);
        // All of it takes its time: what there is so far is written down.
        write(resolve(root, values.out), entries);
      }
    }
  }
  return 0;
}

/** @param {string} folder @param {Measured[]} entries */
function write(folder, entries) {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model.trim(), kernel: release(), node: process.version };
  const load = Number(readFileSync("/proc/loadavg", "utf8").split(" ")[1]);
  writeFileSync(join(folder, "services.json"), `${JSON.stringify({ machine, load, entries }, null, 1)}\n`);
  writeFileSync(join(folder, "services.svg"), chart(entries));
}

/**
 * In a network, with mounts and processes, of its own.
 * @param {{ mode: string, by: string, count: number, programs: string, cli: string }} what
 * @returns {Promise<Measured>}
 */
async function measure({ cli, ...what }) {
  const home = mkdtempSync(join(tmpdir(), "localnet-services-"));
  const sandbox = await openSandbox({ network: true });
  try {
    const insideScript = join(import.meta.dirname, "inside.mjs");
    const { code, stdout, text } = await run(
      [...sandbox.enterArgv, "node", insideScript, JSON.stringify({ ...what, home })],
      {
        timeoutSeconds: 1800,
        env: {
          ...process.env,
          PATH: [cli, process.env.PATH].join(delimiter),
          ...throwawayEnv(home),
          PULUMI_SKIP_CHECKPOINTS: "true",
          PULUMI_EXPERIMENTAL: "true",
        },
      },
    );
    if (code !== 0) throw new Error(text.slice(-4000));
    return { mode: what.mode, by: what.by, count: what.count, ...JSON.parse(stdout) };
  } finally {
    await sandbox.close();
    rmSync(home, { recursive: true, force: true });
  }
}
