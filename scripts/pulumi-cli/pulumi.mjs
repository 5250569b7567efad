import { existsSync, mkdirSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { say } from "../lib/cli.mjs";
import { cache, stateDirectory } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { output, run } from "../lib/run.mjs";
import { isExecutable, which } from "../lib/which.mjs";
import { buildPulumi } from "./build.mjs";

/** What is fetched or built where there is no CLI; and the oldest that is good enough where there is one. */
const version = "3.256.0";
const oldest = [3, 216];
const downloadSeconds = 600;

/**
 * Finds the Pulumi CLI, or gets it.
 * @returns {Promise<string>} the folder to put on PATH
 */
export async function ensurePulumi() {
  const installed = await onPath();
  if (installed) return installed;
  const target = join(cache, `pulumi-${version}`);
  if (!existsSync(target)) {
    say(`No Pulumi CLI ${oldest.join(".")} or newer with its Node.js language host on PATH: getting ${version}`);
    await publish(target, (directory) => (which("go") ? build(directory) : download(directory)));
    say(`  The Pulumi CLI is in ${target}`);
  }
  return join(target, "bin");
}

/**
 * The environment for the CLI: its folder on PATH and, unless the user has a backend of their own, a stack kept in files.
 * @param {string} directory as ensurePulumi returned it
 * @returns {NodeJS.ProcessEnv}
 */
export function pulumiEnv(directory) {
  const environment = {
    ...process.env,
    PATH: [directory, process.env.PATH].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  if (process.env.PULUMI_BACKEND_URL) return environment;
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const passphrase = process.env.PULUMI_CONFIG_PASSPHRASE_FILE ? {} : { PULUMI_CONFIG_PASSPHRASE: "" };
  return {
    ...passphrase,
    ...environment,
    // Without metadata: a kill can leave Pulumi's file of them empty, and then "failed to load checkpoint: EOF".
    PULUMI_BACKEND_URL: `file://${stateDirectory}?metadata=skip`,
    PULUMI_HOME: process.env.PULUMI_HOME ?? join(stateDirectory, "home"),
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
  say("  Building it from its Go modules, whose checksums are known (needs about 4 minutes and 4 GB)");
  return buildPulumi(directory, version, (line) => say(`  ${line}`));
}

/**
 * Pulumi's npm package runs the official installer, which puts the release into $PULUMI_HOME/versions. It writes a script
 * to $TMPDIR under a name that can be guessed and then runs it, so $TMPDIR must be a folder that nobody else can write to.
 * @param {string} directory a fresh one, closed to other users
 */
async function download(directory) {
  say(
    "  Downloading the official release. TLS alone protects it; with Go on PATH it is built from known checksums instead",
  );
  const home = join(directory, "home");
  await mkdir(home, { mode: 0o700 });
  const env = { ...process.env, TMPDIR: home, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
  await output(["npx", "--yes", `pulumi@${version}`, "version"], { cwd: home, env, timeoutSeconds: downloadSeconds });
  await rename(join(home, "versions", version, "bin"), join(directory, "bin"));
  await rm(home, { recursive: true });
}
