import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { LocalnetError } from "../errors";
import { getOrCreate } from "./coalesce";
import { commandError } from "./command-error";

// What this process does itself on its own machine. Starting a command takes a hundred times as long.

/** The result of the body; undefined if it fails with one of these error codes. */
export function ignoreErrors<T>(answers: readonly string[], body: () => T): T | undefined {
  try {
    return body();
  } catch (cause) {
    if (!answers.includes(errnoOf(cause))) throw fileError(cause);
    return undefined;
  }
}

export function errnoOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? "";
}

export function fileError(cause: unknown): LocalnetError {
  const { syscall = "", path = "", dest = path } = cause as NodeJS.ErrnoException & { readonly dest?: string };
  // For a link the path of the link, without its target.
  const argv = [syscall, dest];
  const [reason = ""] = /(?<=^Error: \w+: )[^,]+/.exec(String(cause)) ?? [String(cause)];
  return commandError(argv, { stderr: reason });
}

/** Does a file or folder of this name exist? */
export function pathExists(path: string): boolean {
  return ignoreErrors(["ENOENT"], () => lstatSync(path)) !== undefined;
}

/** The names of the links in the network namespace of this process. */
export function linksOfThisProcess(): string[] {
  const [_title, _columns, ...lines] = readFileSync("/proc/self/net/dev", "utf8").split("\n");
  return lines.map((line) => line.slice(0, line.lastIndexOf(":")).trim());
}

/** The processes that this user may see, by network namespace. */
type ProcessesByNamespace = ReadonlyMap<string, readonly string[]>;

export function processesByNamespace(): ProcessesByNamespace {
  const processes = new Map<string, string[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const key = namespaceKey(`/proc/${pid}/ns/net`);
    if (key !== undefined) getOrCreate(processes, key, () => []).push(pid);
  }
  return processes;
}

/** The processes in the network namespace of a file. */
export function processesIn(file: string, all: ProcessesByNamespace): readonly string[] {
  return all.get(namespaceKey(file) ?? "") ?? [];
}

/** Identifies a namespace; undefined: it does not exist, or this user may not see it. */
function namespaceKey(file: string): string | undefined {
  const stat = ignoreErrors(["ENOENT", "ESRCH", "EACCES"], () => statSync(file));
  return stat && `${stat.dev} ${stat.ino}`;
}
