import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { LocalnetError } from "../errors";
import { permissionHint } from "./causes";
import { getOrCreate } from "./coalesce";

// What this very process can do where the host is its own. Starting a command takes a hundred times as long.

/** What the body returns; undefined when the kernel answers with one of these. */
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
  const denied = ["EACCES", "EPERM"].includes(errnoOf(cause));
  return new LocalnetError(
    denied ? "LN_PERMISSION" : "LN_COMMAND",
    String(cause),
    denied ? { hint: permissionHint } : {},
  );
}

/** Is there a file of that name, or a folder? */
export function pathExists(path: string): boolean {
  return ignoreErrors(["ENOENT"], () => lstatSync(path)) !== undefined;
}

/** The names of the links in the network namespace of this process. */
export function linksOfThisProcess(): string[] {
  const [_title, _columns, ...lines] = readFileSync("/proc/self/net/dev", "utf8").split("\n");
  return lines.map((line) => line.slice(0, line.lastIndexOf(":")).trim());
}

/** Processes by the network namespace that they are in, as far as this user may see. */
type ProcessesByNamespace = ReadonlyMap<string, readonly string[]>;

export function processesByNamespace(): ProcessesByNamespace {
  const found = new Map<string, string[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const key = namespaceKey(`/proc/${pid}/ns/net`);
    if (key !== undefined) getOrCreate(found, key, () => []).push(pid);
  }
  return found;
}

/** Those that are in the network namespace that a file stands for. */
export function processesIn(file: string, all: ProcessesByNamespace): readonly string[] {
  return all.get(namespaceKey(file) ?? "") ?? [];
}

/** Tells a namespace from others; undefined: there is none, or this user may not see it. */
function namespaceKey(file: string): string | undefined {
  const found = ignoreErrors(["ENOENT", "ESRCH", "EACCES"], () => statSync(file));
  return found && `${found.dev} ${found.ino}`;
}
