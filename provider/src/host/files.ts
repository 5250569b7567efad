import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { LocalnetError } from "../errors";
import { permissionHint } from "./causes";

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
export function ownLinks(): string[] {
  const [_title, _columns, ...lines] = readFileSync("/proc/self/net/dev", "utf8").split("\n");
  return lines.map((line) => line.slice(0, line.lastIndexOf(":")).trim());
}

/** The processes in the network namespace that a file stands for, as far as this user may see. */
export function processesIn(file: string): string[] {
  const namespace = ignoreErrors(["ENOENT"], () => statSync(file));
  if (!namespace) return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    const network = ignoreErrors(["ENOENT", "ESRCH", "EACCES"], () => statSync(`/proc/${pid}/ns/net`));
    return network?.ino === namespace.ino && network.dev === namespace.dev;
  });
}
