import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ensureProgram } from "../lab/setup.mjs";
import { printLine } from "../lib/cli.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { run } from "../lib/run.mjs";
import { ensurePulumi } from "../pulumi-cli/pulumi.mjs";
import { vmPackages } from "../vm/vm.mjs";
import { chart } from "./chart.mjs";
import { contenders } from "./contenders.mjs";
import { cost, seconds } from "./measure.mjs";
import { placeFor, restartMachine, stopMachine } from "./places.mjs";
import { Results } from "./results.mjs";
import { runOnce } from "./run.mjs";
import { growthTable, table } from "./table.mjs";
import { workloads } from "./workloads.mjs";

const packages = ["iproute2", "ipset", "iptables", "ipvsadm", "strace"];

/**
 * @typedef {import("./contenders.mjs").Contender} Contender
 * @typedef {Omit<import("./contenders.mjs").Task, "directory">} Task
 * @typedef {{ workload: string, count?: number, contender?: string, reason: string }} LeftOut
 * @typedef {{ contender: Contender, task: Task, failed?: string }} Turn
 * @typedef {{ size: import("./options.mjs").Size, turns: Turn[] }} Group the runs that are compared with each other
 */

let stopping = false;

/**
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<number>} the exit code
 */
export async function bench(options) {
  const base = mkdtempSync(join(tmpdir(), "localnet-bench-"));
  // Kills the running command at once, which then counts as a failure.
  const stop = () => {
    stopping = true;
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    const env = await environment(base, options);
    return await measureAll(options, base, env);
  } catch (error) {
    throw stopping ? new Error("interrupted") : error;
  } finally {
    await stopMachine();
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/**
 * @param {string} base
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function environment(base, { vm, skipCheckpoints }) {
  await ensureDebian([...packages, ...(vm ? vmPackages : [])]);
  const [directory] = await Promise.all([ensurePulumi(), ensureProgram()]);
  return {
    PATH: [directory, process.env.PATH, "/usr/sbin", "/sbin"].join(delimiter),
    HOME: base,
    XDG_RUNTIME_DIR: "/run",
    PULUMI_HOME: join(base, "pulumi"),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(skipCheckpoints && { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" }),
  };
}

/**
 * @param {import("./options.mjs").Options} options
 * @param {string} base
 * @param {NodeJS.ProcessEnv} env
 */
async function measureAll(options, base, env) {
  const results = new Results();
  const { groups, leftOut } = await plan(options, env);
  const turns = groups.flatMap((group) => group.turns);
  const machine = await describeMachine(env);
  const without = () => [
    ...leftOut,
    ...turns.flatMap((turn) => (turn.failed ? [{ ...subject(turn), reason: turn.failed }] : [])),
  ];
  // The first run counts processes and memory, and also brings all files into memory.
  for (let round = 0; round <= options.rounds; round++) {
    printLine(round ? `Round ${round} of ${options.rounds}` : "Counting");
    for (const group of groups.filter(({ size }) => (round ? round <= size.rounds : size.counted))) {
      // Each contender goes first in turn.
      const first = round % group.turns.length;
      for (const turn of [...group.turns.slice(first), ...group.turns.slice(0, first)]) {
        if (stopping) throw new Error("interrupted");
        if (!turn.failed) await measureContender(turn, round, base, results);
      }
    }
    if (round > 0) write(options, { machine, rounds: round, results, leftOut: without() });
  }
  print(results, without());
  printLine(`Written: ${join(options.out, "results.json")}, ${join(options.out, "chart.svg")}`);
  return turns.some(({ failed }) => failed) ? 1 : 0;
}

/**
 * What runs, and what cannot.
 * @param {import("./options.mjs").Options} options
 * @param {NodeJS.ProcessEnv} common
 * @returns {Promise<{ groups: Group[], leftOut: LeftOut[] }>}
 */
async function plan(options, common) {
  /** @type {LeftOut[]} */
  const leftOut = [];
  /** @type {Group[]} */
  const groups = [];
  for (const workload of workloads) {
    const { name } = workload;
    const sizes = options.sizes(name);
    if (sizes.length === 0) continue;
    const place = await placeFor(workload, options.vm);
    if (place.lacking) {
      leftOut.push({ workload: name, reason: place.lacking });
      continue;
    }
    const env = { ...common, ...(place.vm && { LOCALNET_SSH_CONFIG: place.vm.sshConfig }) };
    for (const size of sizes) {
      const { count } = size;
      const able = [];
      for (const contender of contenders) {
        const reason = await contender.lacking(workload, count);
        if (reason) leftOut.push({ workload: name, count, contender: contender.name, reason });
        else able.push(contender);
      }
      groups.push({ size, turns: able.map((contender) => ({ contender, task: { workload, count, place, env } })) });
    }
  }
  return { groups, leftOut };
}

/**
 * @param {Turn} turn
 * @param {number} round in round 0 processes and memory are counted, not time
 * @param {string} base
 * @param {Results} results
 */
async function measureContender(turn, round, base, results) {
  const { contender, task } = turn;
  const what = subject(turn);
  printLine(`  ${what.count} ${what.workload}: ${what.contender}`);
  try {
    if (round > 0) results.addSeconds(what, (await runOnce(contender, task, base, seconds)).measured);
    else {
      const { measured, state } = await runOnce(contender, task, base, cost);
      results.addCosts(what, measured, state);
    }
  } catch (error) {
    if (stopping) throw error;
    if (task.place.vm) await restartMachine();
    turn.failed = `FAILED: ${error instanceof Error ? error.message : error}`;
  }
}

/** @param {Turn} turn */
function subject({ contender, task: { workload, count } }) {
  return { workload: workload.name, count, contender: contender.name };
}

/** @param {Results} results @param {LeftOut[]} leftOut */
function print({ entries, growth }, leftOut) {
  console.log(`\n${table(entries)}\n`);
  if (growth.length > 0) console.log(`${growthTable(growth)}\n`);
  for (const { workload, count, contender, reason } of leftOut) {
    console.log(`left out: ${[count, workload, contender].filter(Boolean).join(" ")}: ${reason}`);
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function describeMachine(env) {
  const { stdout } = await run(["pulumi", "version"], { env });
  const [{ model = "" } = {}] = cpus();
  return { cpus: cpus().length, model, kernel: release(), node: process.version, pulumi: stdout.trim() };
}

/**
 * @param {import("./options.mjs").Options} options
 * @param {{ machine: object, rounds: number, results: Results, leftOut: LeftOut[] }} told
 */
function write({ out, skipCheckpoints }, { machine, rounds, results, leftOut }) {
  mkdirSync(out, { recursive: true });
  const { entries, growth } = results;
  const all = { machine, rounds, skipCheckpoints, entries, growth, leftOut };
  writeFileSync(join(out, "results.json"), `${JSON.stringify(all, undefined, 1)}\n`);
  writeFileSync(join(out, "chart.svg"), chart(entries));
}
