import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { dependencyOf, unpackDebian, withArchive, wouldInstall } from "../lib/debian.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { output } from "../lib/run.mjs";
import { cpio } from "./cpio.mjs";
import { bootstrap } from "./release.mjs";
import { systems } from "./systems.mjs";

/** Raise this when the contents of the cache change. */
const layout = 5;

/** The modules that are needed to read the host's files through a virtio device. */
const bootModules = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];

/**
 * @typedef {object} Guest
 * @property {string} kernel the kernel's image
 * @property {string} initramfs an archive with all that is needed to mount the host's files
 * @property {string} root the root file system
 * @property {string} layer files that are mounted over it: the kernel's modules and, over the host's files, an ssh server
 */

/**
 * Gets a kernel and all else that the guest needs beyond the host's files. None of it is installed on this host.
 * @param {import("./systems.mjs").SystemName} name
 * @returns {Promise<Guest>}
 */
export async function ensureGuest(name) {
  /** @type {import("./systems.mjs").System} */
  const system = systems[name];
  const prefix = `guest-${layout}-${name}-`;
  const ready = existsSync(cache) ? readdirSync(cache).filter((entry) => entry.startsWith(prefix)) : [];
  const directory = join(cache, ready.sort().at(-1) ?? (await fetchGuest(prefix, system)));
  return {
    kernel: join(directory, "kernel"),
    initramfs: join(directory, "initramfs"),
    root: system.release ? join(directory, "root") : "/",
    layer: join(directory, "layer"),
  };
}

/**
 * @param {string} prefix
 * @param {import("./systems.mjs").System} system
 */
async function fetchGuest(prefix, { kernelFrom, release }) {
  if (!kernelFrom) return fetchFrom(undefined);
  return withArchive(await kernelFrom(), fetchFrom);

  /** @param {import("../lib/debian.mjs").Archive | undefined} archive */
  async function fetchFrom(archive) {
    const image = await dependencyOf("linux-image-amd64", archive);
    const version = image.replace("linux-image-", "");
    printLine(`Fetching a kernel (${image}), busybox and an ssh server for throwaway machines: 70 MB, unpacked 400 MB`);
    await publish(join(cache, prefix + version), async (directory) => {
      const layer = join(directory, "layer");
      const busybox = join(directory, "busybox");
      await mkdir(join(layer, "usr"), { recursive: true });
      await mkdir(join(busybox, "usr"), { recursive: true });
      if (release) await bootstrap(release, join(directory, "root"));
      // The ssh server is not installed on the host, where it would listen at once.
      else await unpackDebian(await wouldInstall(["openssh-server"]), layer);
      await unpackDebian([image], layer, archive);
      await mergeUsr(layer);
      await unpackKernel(join(layer, "boot", `vmlinuz-${version}`), join(directory, "kernel"));
      await rm(join(layer, "boot"), { recursive: true });
      await output(["depmod", "--basedir", join(layer, "usr"), version]);
      await unpackDebian(["busybox-static"], busybox);
      await mergeUsr(busybox);
      await writeFile(join(directory, "initramfs"), await bootArchive(layer, join(busybox, "usr"), version));
      await rm(busybox, { recursive: true });
    });
    return prefix + version;
  }
}

/**
 * An emulated machine would take five seconds to unpack the kernel each time it starts.
 * @param {string} image
 * @param {string} target
 */
async function unpackKernel(image, target) {
  const bytes = await readFile(image);
  // Offsets: the kernel's Documentation/arch/x86/boot.rst.
  const start = ((bytes[0x1f1] || 4) + 1) * 512 + bytes.readUInt32LE(0x248);
  const sizeAtEnd = 4;
  const packed = bytes.subarray(start, start + bytes.readUInt32LE(0x24c) - sizeAtEnd);
  if (!packed.subarray(1, 5).equals(Buffer.from("7zXZ"))) return rename(image, target);
  await writeFile(`${target}.xz`, packed);
  await output(["xz", "--decompress", `${target}.xz`]);
}

/**
 * @param {string} layer
 * @param {string} busybox the folder with busybox, in which modules are also unpacked
 * @param {string} version
 */
async function bootArchive(layer, busybox, version) {
  const argv = ["modprobe", "--dirname", join(layer, "usr"), "-S", version, "--show-depends", "--all", ...bootModules];
  const insertions = [...(await output(argv)).matchAll(/^insmod (.*\S)/gm)].map(([, path = ""]) => path);
  const modules = await Promise.all([...new Set(insertions)].map((path) => readModule(path, busybox)));
  return cpio([
    ...["bin", "modules", "guest", "proc", "host", "layer", "changes"].map((path) => ({ path })),
    { path: "bin/busybox", mode: 0o755, content: await readFile(join(busybox, "bin/busybox")) },
    ...modules.map((content, index) => ({ path: `modules/${String(index).padStart(2, "0")}.ko`, content })),
  ]);
}

/**
 * Unpacks modules, which are compressed in newer kernels, since busybox cannot load these.
 * @param {string} path
 * @param {string} scratch
 */
async function readModule(path, scratch) {
  if (!path.endsWith(".xz")) return readFile(path);
  const copy = join(scratch, basename(path));
  await copyFile(path, copy);
  await output(["xz", "--decompress", copy]);
  return readFile(copy.slice(0, -".xz".length));
}

/**
 * Moves bin, sbin, lib and lib64 into usr. Packages of Debian 12 may still contain /lib, which would hide the host's link of that name.
 * @param {string} directory
 */
async function mergeUsr(directory) {
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    const from = join(directory, name);
    if (!existsSync(from)) continue;
    await output(["cp", "--archive", "--link", "--no-target-directory", from, join(directory, "usr", name)]);
    await rm(from, { recursive: true });
  }
}
