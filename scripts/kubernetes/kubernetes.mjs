import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { buildGo } from "../lib/go.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { run } from "../lib/run.mjs";
import { which } from "../lib/which.mjs";

/** The versions in go.mod and etcd/go.mod. */
const version = "1.34.4";
const etcdVersion = "3.6.16";
const programs = ["etcd", "kube-apiserver", "kube-proxy"];
const modules = import.meta.dirname;

/** The folder in the cache for the programs that are built here. */
const target = join(cache, `kubernetes-${version}-etcd-${etcdVersion}`);

/** The folder of the programs that were built here; undefined if there are none. */
export function builtKubernetes() {
  return existsSync(target) ? join(target, "bin") : undefined;
}

/**
 * Finds the programs, or builds them.
 * @returns {Promise<string>} the folder that they are in
 */
export async function ensureKubernetes() {
  const folder = (await onPath()) ?? builtKubernetes();
  if (folder) return folder;
  printLine(`No folder of PATH has etcd, kube-apiserver and kube-proxy of Kubernetes ${minor(version)}`);
  printLine(
    `  Building ${version} from its Go modules, with known checksums (up to 8 minutes on two cores, and 5 GB of disk)`,
  );
  await publish(target, async (directory) => {
    const bin = join(directory, "bin");
    await mkdir(bin);
    for (const program of programsToBuild(bin)) await buildGo(program, (line) => printLine(`  ${line}`));
  });
  printLine(`  They are in ${target}`);
  return join(target, "bin");
}

/** @param {string} bin @returns {import("../lib/go.mjs").Program[]} */
function programsToBuild(bin) {
  const [major = "", minorVersion = ""] = version.split(".");
  const stamp = "k8s.io/component-base/version.git";
  const values = { [`${stamp}Version`]: `v${version}`, [`${stamp}Major`]: major, [`${stamp}Minor`]: minorVersion };
  const kubernetes = (/** @type {string} */ name) => ({
    ...{ modules, main: `k8s.io/kubernetes/cmd/${name}`, target: join(bin, name), values },
  });
  const etcd = { modules: join(modules, "etcd"), main: "go.etcd.io/etcd/server/v3", target: join(bin, "etcd") };
  return [etcd, kubernetes("kube-proxy"), kubernetes("kube-apiserver")];
}

/** A folder of PATH that has all three programs. Only of the same minor version: others make other objects in the kernel. */
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
