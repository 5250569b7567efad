import { readdir, rm } from "node:fs/promises";
import { say } from "./cli.mjs";
import { output, run } from "./run.mjs";
import { which } from "./which.mjs";

const apt = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" } };

/**
 * What a package is needed for, where that has another name: without Debian's list of what is installed, this is looked for.
 * @type {Record<string, string>}
 */
const commands = {
  iproute2: "ip",
  "netcat-openbsd": "nc",
  "iputils-ping": "ping",
  kmod: "modprobe",
  "perl-base": "perl",
  "qemu-system-x86": "qemu-system-x86_64",
  "xz-utils": "xz",
  "openssh-client": "ssh",
};

/**
 * Installs those of the packages that are missing.
 * @param {string[]} packages
 */
export async function ensureDebian(packages) {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const wanted = missing.join(" ");
  if (!which("apt-get")) throw new Error(`please install (names as in Debian): ${wanted}`);
  if (process.getuid?.() !== 0) throw new Error(`please run: sudo apt-get install --no-install-recommends ${wanted}`);
  say(`Installing Debian packages: ${wanted}`);
  await withFreshLists([
    "apt-get",
    "install",
    "-o",
    "DPkg::Lock::Timeout=120",
    "-y",
    "-qq",
    "--no-install-recommends",
    ...missing,
  ]);
}

/**
 * Unpacks packages into a folder without installing them: nothing is registered, configured or started.
 * @param {string[]} packages
 * @param {string} directory
 */
export async function unpackDebian(packages, directory) {
  if (!which("apt-get") || !which("dpkg-deb")) throw new Error("this needs a Debian-like system (apt-get, dpkg-deb)");
  await withFreshLists(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", ...packages], directory);
  for (const file of (await readdir(directory)).filter((name) => name.endsWith(".deb"))) {
    await output(["dpkg-deb", "--extract", file, "."], { cwd: directory });
    await rm(`${directory}/${file}`);
  }
}

/**
 * The packages that an installation of these would bring in, themselves and those already there but too old included.
 * @param {string[]} packages
 * @returns {Promise<string[]>}
 */
export async function wouldInstall(packages) {
  const plan = await withFreshLists(["apt-get", "install", "--simulate", "-q", "--no-install-recommends", ...packages]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name);
}

/**
 * The package that a meta package such as linux-image-amd64 stands for.
 * @param {string} metaPackage
 * @returns {Promise<string>}
 */
export async function dependencyOf(metaPackage) {
  const text = await withFreshLists(["apt-cache", "show", "--no-all-versions", metaPackage]);
  const name = /^Depends: (\S+)/m.exec(text)?.[1];
  if (!name) throw new Error(`${metaPackage} depends on nothing`);
  return name;
}

/** @param {string[]} packages */
async function missingPackages(packages) {
  if (!which("dpkg-query")) return packages.filter((name) => !which(commands[name] ?? name));
  const { stdout } = await run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n", ...packages]);
  const installed = new Set([...stdout.matchAll(/^installed (\S+)$/gm)].map(([, name]) => name));
  return packages.filter((name) => !installed.has(name));
}

/**
 * Runs an apt command; if it fails, once more with the package lists brought up to date.
 * @param {string[]} argv
 * @param {string} [cwd]
 */
async function withFreshLists(argv, cwd) {
  const first = await run(argv, { ...apt, ...(cwd && { cwd }) });
  if (first.code === 0) return first.stdout;
  if (process.getuid?.() === 0) {
    say("Updating the package lists (apt-get update)");
    await output(["apt-get", "update", "-qq"], apt);
  }
  return output(argv, { ...apt, ...(cwd && { cwd }) });
}
