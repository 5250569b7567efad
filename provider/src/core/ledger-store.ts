import { mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { LocalnetError } from "../errors";
import { cached, type Host, usesReadCache } from "../host";
import { coalesce, getOrCreate } from "../host/coalesce";
import { commandError } from "../host/command-error";
import { errnoOf, fileError, ignoreErrors } from "../host/files";

const base = "/run/pulumi-localnet";
export const directory = `${base}/owned`;
const attempts = 20;

/** Where entries are kept. A line is the text of an entry's link: the entry, and after it the link's own name. */
interface Store {
  /** Returns whether the entry is new. */
  readonly write: (line: string) => Promise<boolean>;
  readonly overwrite: (line: string) => Promise<unknown>;
  /** An entry's line; undefined: there is none. */
  readonly read: (file: string) => Promise<string | undefined>;
  /** The lines of all entries whose paths begin with this text. Reads the whole ledger. */
  readonly find: (begin: string) => Promise<string[]>;
  /** Erases an entry, and the folders with their last entry. */
  readonly erase: (file: string) => Promise<unknown>;
  readonly eraseAll: (begin: string) => Promise<unknown>;
}

const stores = new WeakMap<Host, Store>();

export function storeOf(host: Host): Store {
  return host.isLocal ? byFileCalls : getOrCreate(stores, host, () => byCommands(host));
}

const byFileCalls: Store = {
  write: async (line) => link(line, pathOf(line)),
  async overwrite(line) {
    if (link(line, pathOf(line))) return;
    // Replaces the link in one step: if this process is killed before, the former entry remains.
    const next = join(base, `next-${process.pid}`);
    ignoreErrors(["ENOENT"], () => unlinkSync(next));
    link(line, next);
    ignoreErrors([], () => renameSync(next, pathOf(line)));
  },
  read: async (file) => readLink(file),
  find: async (begin) => within(begin).flatMap((file) => readLink(file) ?? []),
  erase: async (file) => unlink([file]),
  eraseAll: async (begin) => unlink(within(begin)),
};

function pathOf(line: string): string {
  return join(directory, basename(line));
}

function within(begin: string): string[] {
  const names = ignoreErrors(["ENOENT"], () => readdirSync(directory)) ?? [];
  return names.map((name) => join(directory, name)).filter((file) => file.startsWith(begin));
}

function readLink(file: string): string | undefined {
  return ignoreErrors(["ENOENT"], () => readlinkSync(file));
}

function unlink(files: readonly string[]): void {
  for (const file of files) ignoreErrors(["ENOENT"], () => unlinkSync(file));
  for (const folder of [directory, base]) ignoreErrors(["ENOENT", "ENOTEMPTY"], () => rmdirSync(folder));
}

/** Returns whether the name was free. */
function link(line: string, file: string): boolean {
  for (let attempt = 1; ; attempt++) {
    try {
      symlinkSync(line, file);
      return true;
    } catch (cause) {
      if (errnoOf(cause) === "EEXIST") return false;
      if (errnoOf(cause) !== "ENOENT" || attempt === attempts) throw fileError(cause);
    }
    // Another program may have erased its last entry meanwhile, and the folder with it, even more than once.
    for (const folder of [base, directory])
      ignoreErrors(["EEXIST", "ENOENT"], () => mkdirSync(folder, { mode: 0o700 }));
  }
}

/** Entries on a host where this process cannot work with files itself. Calls at the same time share one command. */
function byCommands(host: Host): Store {
  const writeNew = coalesce((lines: readonly string[]) => write(host, [], lines));
  const list = async (...args: string[]) => byPath(await find(host, ...args, "-printf", "%l\\n"));
  const all = () => cached(host, "ledger", () => list(directory, "-type", "l"));
  const read = coalesce((files: readonly string[]) => list(...files, "-maxdepth", "0"));
  const matching = coalesce((begins: readonly string[]) => list(directory, "(", ...pathsBeginning(begins), ")"));
  return {
    write: async (line) => !(await writeNew(line)).has(line),
    overwrite: coalesce((lines: readonly string[]) => write(host, ["-f"], lines)),
    read: async (file) => (await (usesReadCache() ? all() : read(file))).get(file),
    async find(begin) {
      const entries = await (usesReadCache() ? all() : matching(begin));
      return [...entries].flatMap(([file, line]) => (file.startsWith(begin) ? line : []));
    },
    erase: coalesce((files: readonly string[]) =>
      find(host, ...files, directory, base, "-maxdepth", "0", "(", "-type", "l", "-o", "-empty", ")", "-delete"),
    ),
    eraseAll: coalesce((begins: readonly string[]) => {
      const folders = [directory, base].flatMap((each) => ["-o", "-path", each, "-empty"]);
      return find(host, base, "-depth", "(", ...pathsBeginning(begins), ...folders, ")", "-delete");
    }),
  };
}

function byPath(lines: string): Map<string, string> {
  return new Map(lines.split("\n").flatMap((line) => (line ? [[pathOf(line), line]] : [])));
}

/** The condition of `find` for paths that begin with one of these texts. */
function pathsBeginning(begins: readonly string[]): string[] {
  return begins.flatMap((each) => ["-o", "-path", `${each}*`]).slice(1);
}

/** Writes many entries; returns those whose name is taken. */
async function write(host: Host, options: readonly string[], lines: readonly string[]): Promise<Set<string>> {
  const argv = ["ln", "-s", ...options, "-t", directory, "--", ...lines];
  for (let attempt = 1; ; attempt++) {
    const result = await host.run(argv, { accept: [0, 1] });
    if (result.exitCode === 0) return new Set();
    const taken = [...result.stderr.matchAll(/^ln: .*'([^']+)': File exists$/gm)].map(([, file]) => file);
    if (taken.length === result.stderr.trim().split("\n").length) {
      return new Set(lines.filter((each) => taken.includes(`${directory}/${basename(each)}`)));
    }
    // Another's last entry may have gone with the folder meanwhile, even more than once.
    if (attempt === attempts || !result.stderr.includes("No such file or directory"))
      throw new LocalnetError("LN_COMMAND", "cannot write down who owns this", { command: { argv, ...result } });
    // Both folders, because mkdir gives the mode only to those that it names.
    const mkdir = ["mkdir", "-p", "-m", "700", "--", base, directory];
    const made = await host.run(mkdir, { accept: [0, 1] });
    if (made.exitCode !== 0 && !made.stderr.includes("No such file or directory")) throw commandError(mkdir, made);
  }
}

/** Without a ledger it finds nothing, and an entry that is made or erased meanwhile is no failure. */
async function find(host: Host, ...args: string[]): Promise<string> {
  const argv = ["find", ...args];
  const result = await host.run(argv, { accept: [0, 1] });
  const harmless = /^(find: .*: (No such file or directory|Directory not empty)\n)+$/.test(result.stderr);
  if (result.exitCode === 0 || harmless) return result.stdout;
  throw new LocalnetError("LN_COMMAND", "find failed", { command: { argv, ...result } });
}
