import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { ignoreErrors } from "../host/files";

// Reads files of /proc/PID. Processes control what some of these contain, so only a path is trusted to say which process a
// text belongs to.

/** The most bytes that are read of one file: a process can make its environment as long as it likes. */
export const readLimit = 128 * 1024;

/** The process has ended, belongs to another user, or keeps its environment where the kernel cannot read it. */
const unreadable = ["ENOENT", "ESRCH", "EACCES", "EPERM", "EIO", "EFAULT"];

/** The beginning of a file; undefined: it cannot be read. */
export async function readBeginning(host: Host, path: string): Promise<string | undefined> {
  if (host.isLocal) return readLocal(path);
  const { exitCode, stdout } = await host.run(["head", "-c", String(readLimit), "--", path], { accept: [0, 1] });
  return exitCode === 0 ? stdout : undefined;
}

const buffer = Buffer.alloc(readLimit);

function readLocal(path: string): string | undefined {
  return ignoreErrors(unreadable, () => {
    const file = openSync(path, "r");
    try {
      let length = 0;
      for (let got = -1; got !== 0 && length < readLimit; length += got) {
        got = readSync(file, buffer, length, readLimit - length, null);
      }
      return buffer.toString("utf8", 0, length);
    } finally {
      closeSync(file);
    }
  });
}

const bootIdFile = "/proc/sys/kernel/random/boot_id";

/** The id of the running boot, and /proc/PID/stat of the processes that exist. */
export async function readStats(
  host: Host,
  pids: readonly number[],
): Promise<{ bootId: string; stats: [pid: number, text: string][] }> {
  const paths = new Map(pids.map((pid) => [`/proc/${pid}/stat`, pid]));
  const texts = await readWhole(host, [bootIdFile, ...paths.keys()]);
  const bootId = texts.get(bootIdFile);
  if (bootId === undefined) throw new LocalnetError("LN_COMMAND", `cannot read ${bootIdFile}`);
  const stats = [...paths].flatMap(([path, pid]): [number, string][] => {
    const text = texts.get(path);
    return text === undefined ? [] : [[pid, text]];
  });
  return { bootId: bootId.trim(), stats };
}

/** Reads short files, by path. Their texts contain no NUL. */
async function readWhole(host: Host, paths: readonly string[]): Promise<Map<string, string>> {
  if (host.isLocal) {
    return new Map(
      paths.flatMap((path): [string, string][] => {
        const text = readLocal(path);
        return text === undefined ? [] : [[path, text]];
      }),
    );
  }
  // grep prints a record for each file: its path, NUL, its text, NUL. Exit code 2: one of them is gone.
  const { stdout } = await host.run(["grep", "-zZaHs", "-e", "", "--", ...paths], { accept: [0, 1, 2] });
  const parts = stdout.split("\0").slice(0, -1);
  return new Map(parts.flatMap((path, i): [string, string][] => (i % 2 ? [] : [[path, parts[i + 1] ?? ""]])));
}

/** The number of environments that are read at once: together they stay below the limit of a command's output. */
const groupSize = 100;

/** The processes that have an environment for which `matches` holds. */
export async function findByEnvironment(host: Host, matches: (words: string[]) => boolean): Promise<number[]> {
  const pids = await listPids(host);
  if (host.isLocal) return pids.filter((pid) => matches(readLocal(environ(pid))?.split("\0") ?? []));
  const matching: number[] = [];
  for (let i = 0; i < pids.length; i += groupSize) {
    for (const pid of await candidates(host, pids.slice(i, i + groupSize), matches)) {
      // In the output for several files, one text can imitate another file's. What is read alone is certain.
      const text = await readBeginning(host, environ(pid));
      if (text !== undefined && matches(text.split("\0"))) matching.push(pid);
    }
  }
  return matching;
}

async function listPids(host: Host): Promise<number[]> {
  if (host.isLocal) return numbers(readdirSync("/proc"));
  const argv = ["find", "/proc", "-mindepth", "1", "-maxdepth", "1", "-name", "[0-9]*", "-printf", "%f\n"];
  // Processes may end while find runs, so exit code 1 is accepted.
  return numbers((await host.run(argv, { accept: [0, 1] })).stdout.split("\n"));
}

function numbers(names: readonly string[]): number[] {
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * The processes whose environment may match. The output is not certain, because a text can contain the headline of another
 * file.
 */
async function candidates(
  host: Host,
  pids: readonly number[],
  matches: (words: string[]) => boolean,
): Promise<Set<number>> {
  const argv = ["head", "-v", "-c", String(readLimit), "--", ...pids.map(environ)];
  const { stdout } = await host.run(argv, { accept: [0, 1] });
  const parts = stdout.split(/==> \/proc\/(\d+)\/environ <==\n/).slice(1);
  const pairs = parts.flatMap((pid, i) => (i % 2 ? [] : [{ pid: Number(pid), text: parts[i + 1] ?? "" }]));
  return new Set(pairs.filter(({ text }) => matches(text.split("\0"))).map(({ pid }) => pid));
}

function environ(pid: number): string {
  return `/proc/${pid}/environ`;
}

/** The targets of symbolic links, by path; without those that cannot be read. */
export async function readLinks(host: Host, paths: readonly string[]): Promise<Map<string, string>> {
  return stat(host, paths, "-P", "%l", (path) => readlinkSync(path));
}

/** The inodes of the files that the paths lead to; without those that do not exist. */
export async function readInodes(host: Host, paths: readonly string[]): Promise<Map<string, number>> {
  const inodes = await stat(host, paths, "-L", "%i", (path) => String(statSync(path).ino));
  return new Map([...inodes].map(([path, inode]) => [path, Number(inode)]));
}

async function stat(
  host: Host,
  paths: readonly string[],
  follow: "-P" | "-L",
  field: string,
  read: (path: string) => string,
): Promise<Map<string, string>> {
  if (host.isLocal) {
    return new Map(
      paths.flatMap((path): [string, string][] => {
        const value = ignoreErrors(unreadable, () => read(path));
        return value === undefined ? [] : [[path, value]];
      }),
    );
  }
  const argv = ["find", follow, ...paths, "-maxdepth", "0", "-printf", `%p\\0${field}\\0`];
  const { stdout } = await host.run(argv, { accept: [0, 1] });
  const parts = stdout.split("\0").slice(0, -1);
  return new Map(parts.flatMap((path, i): [string, string][] => (i % 2 ? [] : [[path, parts[i + 1] ?? ""]])));
}
