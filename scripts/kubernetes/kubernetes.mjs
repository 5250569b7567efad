import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { buildGo } from "../lib/go.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { run } from "../lib/run.mjs";
import { which } from "../lib/which.mjs";

/** As go.mod and etcd/go.mod name them. */
const version = "1.34.4";
const etcdVersion = "3.6.16";
const programs = ["etcd", "kube-apiserver", "kube-proxy"];
const modules = import.meta.dirname;

/** What was built is in here. */
const target = join(cache, `kubernetes-${version}-etcd-${etcdVersion}`);

/** The folder of those that were built, if they were. */
export function builtKubernetes() {
  return existsSync(target) ? join(target, "bin") : undefined;
}

/**
 * Finds them, or builds them.
 * @returns {Promise<string>} their folder
 */
export async function ensureKubernetes() {
  const folder = (await onPath()) ?? builtKubernetes();
  if (folder) return folder;
  printLine(`No etcd, kube-apiserver and kube-proxy of Kubernetes ${minor(version)} in one folder of PATH`);
  printLine(
    `  Building ${version} from its Go modules, whose checksums are known (up to 8 minutes on two cores, and 5 GB)`,
  );
  await publish(target, async (directory) => {
    const bin = join(directory, "bin");
    await mkdir(bin);
    for (const program of built(bin)) await buildGo(program, (line) => printLine(`  ${line}`));
  });
  printLine(`  They are in ${target}`);
  return join(target, "bin");
}

/** @param {string} bin @returns {import("../lib/go.mjs").Program[]} */
function built(bin) {
  const [major = "", minorVersion = ""] = version.split(".");
  const stamp = "k8s.io/component-base/version.git";
  const values = { [`${stamp}Version`]: `v${version}`, [`${stamp}Major`]: major, [`${stamp}Minor`]: minorVersion };
  const kubernetes = (/** @type {string} */ name) => ({
    ...{ modules, main: `k8s.io/kubernetes/cmd/${name}`, target: join(bin, name), values },
  });
  const etcd = { modules: join(modules, "etcd"), main: "go.etcd.io/etcd/server/v3", target: join(bin, "etcd") };
  return [etcd, kubernetes("kube-proxy"), kubernetes("kube-apiserver")];
}

/** All three in one folder, of the same minor version: others make other objects. */
async function onPath() {
  const proxy = which("kube-proxy");
  if (!proxy) return undefined;
  const directory = dirname(proxy);
  if (!programs.every((name) => existsSync(join(directory, name)))) return undefined;
  const { stdout } = await run([proxy, "--version"]);
  return stdout.startsWith(`Kubernetes v${minor(version)}.`) ? directory : undefined;
}

/** @param {string} text */
function minor(text) {
  return text.split(".").slice(0, 2).join(".");
}
