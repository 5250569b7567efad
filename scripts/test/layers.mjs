import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { say } from "../lib/cli.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { root } from "../lib/paths.mjs";
import { rootless } from "../lib/rootless.mjs";
import { output, run } from "../lib/run.mjs";
import { ensurePulumi, pulumiEnv } from "../pulumi-cli/pulumi.mjs";
import { ensurePulumiYaml } from "../pulumi-cli/pulumi-yaml.mjs";
import { startVm, stopVm, vmPackages } from "../vm/vm.mjs";
import { difference, hostState } from "./host-state.mjs";
import { Matrix } from "./matrix.mjs";
import { ensureNode24 } from "./node24.mjs";
import { Tally } from "./tally.mjs";

const needed = [
  "python3",
  "iproute2",
  "iptables",
  "ipvsadm",
  "iputils-ping",
  "netcat-openbsd",
  "curl",
  "procps",
  "kmod",
  "ipset",
  "strace",
];

/**
 * @typedef {object} Layer
 * @property {string} project jest's name of it
 * @property {boolean} [rootless] is it run as an ordinary user, in namespaces of their own?
 * @property {number} [points] at how many points of an operation each fault strikes in a run of everything, for the time that it takes; not told, and by itself, at all
 * @property {boolean} [mayskip] may a test be left out that this kernel cannot run?
 * @property {string[]} [through] a command that the tests run through
 * @property {number} [workers] how many of its files run at a time; not told, as many as jest likes
 * @property {string} [only] the tests that are run, by a part of their path; of none told, all
 * @property {() => Promise<NodeJS.ProcessEnv>} prepare gets what it needs, and returns the environment to run it in
 */

/** More workers than cores, for tests that wait: for a limit to pass, or for a machine to answer. */
const waiting = 3;

/** The kinds that this machine's kernel may lack. */
const lacked = "(dummy|ipvs-\\w+|kernel-module)\\.test";

/** @type {Record<string, Layer>} */
export const layers = {
  unit: { project: "unit", prepare: async () => ({}) },
  property: { project: "property", prepare: async () => ({}) },
  "unit-node24": { project: "unit", prepare: withNode24 },
  kernel: { project: "kernel", workers: waiting, mayskip: true, prepare: packages },
  "kernel-rootless": { project: "kernel-rootless", workers: waiting, rootless: true, mayskip: true, prepare: packages },
  "kernel-legacy": {
    ...{ project: "kernel", workers: waiting, mayskip: true, prepare: packages },
    ...{ through: [join(root, "scripts/test/with-legacy.sh")], only: "iptables-rule" },
  },
  "kernel-vm": { project: "kernel", workers: waiting, prepare: () => inMachine("test") },
  faults: {
    project: "faults",
    workers: waiting,
    only: `^(?!.*${lacked})`,
    prepare: built,
  },
  // Over ssh each command takes its time.
  "faults-vm": {
    project: "faults",
    workers: waiting,
    points: 1,
    only: lacked,
    prepare: async () => ({ ...(await built()), ...(await inMachine("faults")) }),
  },
  acceptance: {
    project: "acceptance",
    workers: 2,
    prepare: async () => ({
      ...(await withPulumi(ensurePulumiYaml)),
      ...(await inMachines("acceptance", "acceptance-too")),
    }),
  },
  packaging: {
    project: "packaging",
    workers: 2,
    prepare: async () => ({ ...(await withPulumi()), LOCALNET_TEST_NODE24: await ensureNode24() }),
  },
};

/** The provider that is killed runs in a process of its own, from what is built. */
async function built() {
  await packages();
  await output(["npm", "run", "build"], { cwd: root });
  return {};
}

/** The newest Node.js that is promised, in place of the one that runs this. */
async function withNode24() {
  return { PATH: [await ensureNode24(), process.env.PATH].filter(Boolean).join(delimiter) };
}

/** Machines that were started here. @type {Set<string>} */
const ours = new Set();
let stopping = false;

/** Checks that are not tests, each one of package.json's scripts. */
const checks = [
  ["lint", []],
  ["generate", ["--", "--check"]],
];

/**
 * @param {string[]} names
 * @param {{ whole: boolean }} options
 * @returns {Promise<number>} the exit code
 */
export async function runLayers(names, { whole }) {
  const tally = new Tally();
  const matrix = new Matrix();
  const touching = names.some((name) => name !== "unit" && name !== "property");
  const privileged = process.getuid?.() === 0;
  /** @type {NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.once(signal, () => void interrupted(tally));
  if (touching && !privileged) say("Not root: the layers other than unit and property will fail");
  try {
    // What the tools themselves bring (modules, packages) is no trace of a test.
    if (touching && privileged) await packages();
    const before = touching && privileged ? await hostState() : undefined;
    if (whole) for (const [name, args] of checks) await check(tally, String(name), /** @type {string[]} */ (args));
    for (const name of names) await runLayer(tally, matrix, name, whole);
    await stopMachines();
    if (before) compare(tally, before, await hostState());
  } catch (error) {
    tally.fail("set-up", error instanceof Error ? error.message : String(error));
  } finally {
    await stopMachines();
  }
  for (const cell of matrix.empty) tally.fail(`no test and no reason: ${cell}`);
  if (matrix.kinds.length > 0) console.log(`${matrix.print()}\n`);
  console.log(tally.summary());
  return tally.failed > 0 ? 1 : 0;
}

/**
 * @param {Tally} tally
 * @param {import("../snapshot/snapshot.mjs").Snapshot} before
 * @param {import("../snapshot/snapshot.mjs").Snapshot} after
 */
function compare(tally, before, after) {
  const traces = difference(before, after);
  if (traces.length > 0) tally.fail("the host is as before", traces.join("\n"));
  else tally.pass("the host is as before");
}

/**
 * @param {Tally} tally
 * @param {Matrix} matrix
 * @param {string} name
 * @param {boolean} whole
 */
async function runLayer(tally, matrix, name, whole) {
  const layer = layers[name];
  if (!layer) return;
  const points = whole && layer.points ? { LOCALNET_TEST_POINTS: String(layer.points) } : {};
  say(`\n== ${name}`);
  const start = Date.now();
  const directory = mkdtempSync(join(tmpdir(), "localnet-test-"));
  try {
    const file = join(directory, "report.json");
    const notes = join(directory, "notes");
    const prepared = { ...points, ...process.env, LOCALNET_TEST_MATRIX: notes, ...(await layer.prepare()) };
    const { clone, env, argv } = layer.rootless
      ? await ordinary(directory)
      : { clone: root, env: prepared, argv: same };
    const workers = layer.workers ? ["--maxWorkers", String(layer.workers)] : [];
    const jestOfClone = join(clone, "node_modules/.bin/jest");
    const program = [...(layer.through ?? []), jestOfClone, "--selectProjects", layer.project];
    const only = layer.only ? ["--", layer.only] : [];
    // What it waited for may have come after the signal.
    if (stopping) return;
    const jest = argv([...program, "--json", "--outputFile", file, ...workers, ...only]);
    // It shows on standard error how it goes; its standard output is the report once more.
    await run(jest, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
    const report = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
    tally.take(name, report, layer.mayskip ?? false);
    if (existsSync(notes)) matrix.take(report, readFileSync(notes, "utf8"));
  } catch (error) {
    tally.fail(`${name}: set-up`, error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await stopMachines();
    say(`== ${name}: ${Math.round((Date.now() - start) / 1000)} s`);
  }
}

/** @param {string[]} argv */
function same(argv) {
  return argv;
}

/**
 * An ordinary user whose home is a folder, and what tells the tests to make sure of it.
 * @param {string} home
 */
async function ordinary(home) {
  const { uid, clone, env, argv } = await rootless(home);
  return { clone, argv, env: { ...env, LOCALNET_TEST_ROOTLESS: String(uid) } };
}

/**
 * @param {Tally} tally
 * @param {string} name
 * @param {string[]} args
 */
async function check(tally, name, args) {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (!(name in scripts)) return;
  const { code, stdout, stderr } = await run(["npm", "run", "--silent", name, ...args], { cwd: root });
  if (code === 0) tally.pass(`npm run ${name}`);
  else tally.fail(`npm run ${name}`, stdout + stderr);
}

async function packages() {
  await ensureDebian(needed);
  return {};
}

/**
 * A fresh machine for the layer.
 * @param {string} name
 */
async function inMachine(name) {
  await ensureDebian([...needed, ...vmPackages]);
  await stopVm(name);
  ours.add(name);
  const { host, sshConfig } = await startVm(name);
  return { LOCALNET_TEST_HOST: host, LOCALNET_SSH_CONFIG: sshConfig };
}

/**
 * One for each worker.
 * @param {string[]} names
 */
async function inMachines(...names) {
  const machines = [];
  for (const name of names) machines.push(await inMachine(name));
  return { LOCALNET_TEST_SSH_CONFIGS: machines.map(({ LOCALNET_SSH_CONFIG }) => LOCALNET_SSH_CONFIG).join(delimiter) };
}

async function withPulumi(ensure = ensurePulumi) {
  await ensureDebian(needed);
  const { PATH } = pulumiEnv(await ensure());
  return { ...(PATH && { PATH }), PULUMI_SKIP_UPDATE_CHECK: "true" };
}

async function stopMachines() {
  for (const name of ours) await stopVm(name);
  ours.clear();
}

/** @param {Tally} tally */
async function interrupted(tally) {
  stopping = true;
  await stopMachines();
  tally.fail("interrupted");
  console.log(tally.summary());
  process.exit(1);
}
