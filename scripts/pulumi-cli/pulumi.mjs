import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { cache, stateDirectory } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { run } from "../lib/run.mjs";
import { isExecutable, which } from "../lib/which.mjs";
import { buildPulumi } from "./build.mjs";
import { downloadPulumi } from "./download.mjs";

/** The version to get if there is no CLI, and the oldest version that is used if there is one. */
const version = "3.256.0";
const oldest = [3, 216];
/** SHA-256 of that version's official archives, from Pulumi's Homebrew formula in pulumi/homebrew-tap. */
const checksums = {
  "linux-x64": "fe4afd4cda48f7fe06961268834caf78fb1efa8b31ee61ad00ee2e6cfa91caea",
  "linux-arm64": "a5b0c4cfc894d9147b8769eeb590fb6517f98829595d95443c2b6f91b1815711",
};

/**
 * Finds the Pulumi CLI, or gets it.
 * @returns {Promise<string>} the folder to put on PATH
 */
export async function ensurePulumi() {
  const installed = await onPath();
  if (installed) return installed;
  const target = join(cache, `pulumi-${version}`);
  if (!existsSync(target)) {
    printLine(`No Pulumi CLI ${oldest.join(".")} or newer with its Node.js language host on PATH: getting ${version}`);
    await publish(target, (directory) => (which("go") ? build(directory) : download(directory)));
    printLine(`  The Pulumi CLI is in ${target}`);
  }
  return join(target, "bin");
}

/**
 * The environment for the CLI: its folder on PATH and, unless the user has a backend, a state in files.
 * @param {string} directory as ensurePulumi returned it
 * @returns {NodeJS.ProcessEnv}
 */
export function pulumiEnv(directory) {
  const environment = { ...withCli(directory), PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (process.env.PULUMI_BACKEND_URL) return environment;
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const passphrase = process.env.PULUMI_CONFIG_PASSPHRASE_FILE ? {} : { PULUMI_CONFIG_PASSPHRASE: "" };
  return {
    ...passphrase,
    ...environment,
    // Without metadata. A kill can leave Pulumi's metadata file empty, which causes "failed to load checkpoint: EOF".
    PULUMI_BACKEND_URL: `file://${stateDirectory}?metadata=skip`,
    PULUMI_HOME: process.env.PULUMI_HOME ?? join(stateDirectory, "home"),
  };
}

/**
 * This environment, with the CLI's folder first on PATH.
 * @param {string} directory as ensurePulumi returned it
 * @returns {NodeJS.ProcessEnv}
 */
export function withCli(directory) {
  return { ...process.env, PATH: [directory, process.env.PATH].join(delimiter) };
}

/**
 * An environment in which the CLI writes only to one folder, which is removed with its stack.
 * @param {string} home
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function throwawayEnv(home, environment) {
  return {
    ...environment,
    PULUMI_BACKEND_URL: `file://${home}`,
    PULUMI_HOME: join(home, ".pulumi-home"),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

async function onPath() {
  const pulumi = which("pulumi");
  if (!pulumi) return undefined;
  const directory = dirname(pulumi);
  if (!isExecutable(join(directory, "pulumi-language-nodejs")) && !which("pulumi-language-nodejs")) return undefined;
  const { stdout } = await run([pulumi, "version"], { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
  const [, major = 0, minor = 0] = /^v(\d+)\.(\d+)\./m.exec(stdout) ?? [];
  const [oldestMajor = 0, oldestMinor = 0] = oldest;
  const goodEnough = Number(major) === oldestMajor && Number(minor) >= oldestMinor;
  return goodEnough ? directory : undefined;
}

/**
 * Go compares every module with the checksum in go.sum.
 * @param {string} directory
 */
function build(directory) {
  printLine("  Building it from its Go modules, whose checksums are known (needs about 4 minutes and 4 GB)");
  return buildPulumi(directory, version, (line) => printLine(`  ${line}`));
}

/** @param {string} directory */
function download(directory) {
  printLine("  Downloading the official release, whose checksum is known");
  return downloadPulumi(directory, version, checksums);
}
