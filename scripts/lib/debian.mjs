import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printLine } from "./cli.mjs";
import { output, run } from "./run.mjs";
import { which } from "./which.mjs";

const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
const apt = { env };

/** @typedef {{ env: NodeJS.ProcessEnv }} Archive an environment in which apt uses other archives than those of this host */

/**
 * The command of a package, if that has another name. It is looked for if Debian's list of installed packages is missing.
 * @type {Record<string, string>}
 */
const commands = {
  iproute2: "ip",
  "dnsmasq-base": "dnsmasq",
  "netcat-openbsd": "nc",
  "iputils-ping": "ping",
  "bind9-dnsutils": "dig",
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
  printLine(`Installing Debian packages: ${wanted}`);
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
 * @param {Archive} [archive] the archives to use; default: those of this host
 */
export async function unpackDebian(packages, directory, archive) {
  if (!which("apt-get") || !which("dpkg-deb")) throw new Error("this needs a Debian-like system (apt-get, dpkg-deb)");
  await withFreshLists(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", ...packages], directory, archive);
  for (const file of (await readdir(directory)).filter((name) => name.endsWith(".deb"))) {
    await output(["dpkg-deb", "--extract", file, "."], { cwd: directory });
    await rm(`${directory}/${file}`);
  }
}

/**
 * The packages that an installation of these would install or upgrade, including themselves.
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
 * @param {Archive} [archive] the archives to use; default: those of this host
 * @returns {Promise<string>}
 */
export async function dependencyOf(metaPackage, archive) {
  const text = await withFreshLists(["apt-cache", "show", "--no-all-versions", metaPackage], undefined, archive);
  const name = /^Depends: (\S+)/m.exec(text)?.[1];
  if (!name) throw new Error(`${metaPackage} depends on nothing`);
  return name;
}

/**
 * The mirror and the release of this host's Debian.
 * @returns {Promise<{ mirror: string, codename: string }>}
 */
export async function debianMirror() {
  const format = "$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)";
  const argv = ["apt-get", "indextargets", "--format", format, "Created-By: Packages"];
  const [, codename, mirror] = /^Debian main (\w+) (\S+)$/m.exec(await withFreshLists(argv)) ?? [];
  if (!codename || !mirror) throw new Error("apt has no archive of Debian among its sources");
  return { mirror, codename };
}

/**
 * Runs an action with the packages of another suite of this host's mirror. The lists of this host do not change.
 * @template T
 * @param {string} suite such as trixie
 * @param {(archive: Archive) => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withArchive(suite, action) {
  const { mirror } = await debianMirror();
  const directory = await mkdtemp(join(tmpdir(), "localnet-apt-"));
  try {
    const [config, sources] = [join(directory, "apt.conf"), join(directory, "sources.list")];
    // In its own folder, since apt removes unknown files.
    const lists = join(directory, "lists");
    await mkdir(join(lists, "partial"), { recursive: true });
    await writeFile(
      sources,
      `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} ${suite} main\n`,
    );
    const places = { "Etc::SourceList": sources, "Etc::SourceParts": "-", "State::Lists": lists, Cache: lists };
    const lines = Object.entries(places).map(([name, path]) => `Dir::${name} "${path}";\n`);
    await writeFile(config, [...lines, 'APT::Sandbox::User "root";\n'].join(""));
    const archive = { env: { ...env, APT_CONFIG: config } };
    await output(["apt-get", "update", "-qq"], archive);
    return await action(archive);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @param {string[]} packages */
async function missingPackages(packages) {
  if (!which("dpkg-query")) return packages.filter((name) => !which(commands[name] ?? name));
  const { stdout } = await run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n", ...packages]);
  const installed = new Set([...stdout.matchAll(/^installed (\S+)$/gm)].map(([, name]) => name));
  return packages.filter((name) => !installed.has(name));
}

/**
 * Runs an apt command. If it fails, updates the package lists and runs it again.
 * @param {string[]} argv
 * @param {string} [cwd]
 * @param {Archive} [archive] an archive whose lists are up to date
 */
async function withFreshLists(argv, cwd, archive) {
  if (archive) return output(argv, { ...archive, ...(cwd && { cwd }) });
  const first = await run(argv, { ...apt, ...(cwd && { cwd }) });
  if (first.code === 0) return first.stdout;
  if (process.getuid?.() === 0) {
    printLine("Updating the package lists (apt-get update)");
    await output(["apt-get", "update", "-qq"], apt);
  }
  return output(argv, { ...apt, ...(cwd && { cwd }) });
}
