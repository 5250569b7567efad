import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { rootless } from "../lib/rootless.mjs";
import { run } from "../lib/run.mjs";
import { compareHost, hostState } from "./host-state.mjs";
import { Matrix } from "./matrix.mjs";
import { closeHosts, prepare, prepareAhead } from "./prepare.mjs";
import { Tally } from "./tally.mjs";

/** Scripts of package.json that run once, beside the layers. */
const checks = [["lint"], ["generate", "--", "--check"]];

/** The names of all objects of this run begin with "lnt" and this; see test/kernel/support/world.ts. */
const mark = randomBytes(1).toString("hex");

let stopping = false;

/**
 * Runs layers one after the other, and prints the results.
 * @param {import("./layers.mjs").Layer[]} layers
 * @param {{ checked: boolean }} options whether the checks run too
 * @returns {Promise<number>} the exit code
 */
export async function runLayers(layers, { checked }) {
  const tally = new Tally();
  const matrix = new Matrix();
  const stop = () => {
    stopping = true;
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const privileged = process.getuid?.() === 0;
  const touching = layers.some(({ needs }) => needs?.includes("packages"));
  if (touching && !privileged) printLine("Not root: the layers other than unit and property will fail");
  try {
    // Modules and packages of the tools themselves do not count as left by a test.
    if (touching && privileged) await prepare(["packages"]);
    const before = touching && privileged ? await hostState() : undefined;
    prepareAhead(layers.flatMap(({ needs = [] }) => needs));
    if (checked) for (const [name = "", ...args] of checks) await check(tally, name, args);
    for (const layer of layers) if (!stopping) await runLayer(tally, matrix, layer);
    await closeHosts();
    if (before) compareHost(tally, before, await hostState(), `lnt${mark}`);
  } catch (error) {
    tally.fail("set-up", message(error));
  } finally {
    await closeHosts();
  }
  if (stopping) tally.fail("interrupted");
  for (const cell of matrix.empty) tally.fail(`no test and no reason: ${cell}`);
  if (matrix.kinds.length > 0) console.log(`${matrix.print()}\n`);
  console.log(tally.summary());
  return tally.failed > 0 ? 1 : 0;
}

/**
 * @param {Tally} tally
 * @param {Matrix} matrix
 * @param {import("./layers.mjs").Layer} layer
 */
async function runLayer(tally, matrix, layer) {
  const { name, project = name, needs = [], env, workers, only, through = [] } = layer;
  printLine(`\n== ${name}`);
  const start = Date.now();
  const directory = mkdtempSync(join(tmpdir(), "localnet-test-"));
  try {
    const report = join(directory, "report.json");
    const notes = join(directory, "notes");
    const prepared = {
      ...process.env,
      ...env,
      LOCALNET_TEST_MATRIX: notes,
      LOCALNET_TEST_MARK: mark,
      ...(await prepare(needs)),
    };
    const user = layer.rootless ? await ordinaryUser(directory) : { clone: root, env: prepared, argv: same };
    const jest = [
      join(user.clone, "node_modules/.bin/jest"),
      "--selectProjects",
      project,
      "--json",
      "--outputFile",
      report,
    ];
    const options = [...(workers ? ["--maxWorkers", String(workers)] : []), ...(only ? ["--", only] : [])];
    // The signal may have come while it waited.
    if (stopping) return;
    // Its progress is on standard error. Its standard output only repeats the report.
    const argv = user.argv([...through.map((word) => join(root, word)), ...jest, ...options]);
    await run(argv, { cwd: root, env: user.env, stdio: ["ignore", "ignore", "inherit"] });
    const results = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
    tally.add(layer, results);
    if (existsSync(notes) && !layer.partial) matrix.add(results, readFileSync(notes, "utf8"));
  } catch (error) {
    tally.fail(`${name}: set-up`, message(error));
  } finally {
    rmSync(directory, { recursive: true, force: true });
    tally.time(name, (Date.now() - start) / 1000);
    printLine(`== ${name}: ${Math.round((Date.now() - start) / 1000)} s`);
  }
}

/** @param {string[]} argv */
function same(argv) {
  return argv;
}

/**
 * An ordinary user with a folder as home, and a variable by which the tests check that they run as that user.
 * @param {string} home
 */
async function ordinaryUser(home) {
  const { uid, clone, env, argv } = await rootless(home);
  return { clone, argv, env: { ...env, LOCALNET_TEST_ROOTLESS: String(uid) } };
}

/**
 * @param {Tally} tally
 * @param {string} name
 * @param {string[]} args
 */
async function check(tally, name, args) {
  const start = Date.now();
  const { code, text } = await run(["npm", "run", "--silent", name, ...args], { cwd: root });
  if (code === 0) tally.pass(`npm run ${name}`);
  else tally.fail(`npm run ${name}`, text);
  tally.time(`npm run ${name}`, (Date.now() - start) / 1000);
}

/** @param {unknown} error */
function message(error) {
  return error instanceof Error ? error.message : String(error);
}
