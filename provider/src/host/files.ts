import { lstatSync, readdirSync, statSync } from "node:fs";
import { LocalnetError } from "../errors";
import { permissionHint } from "./host";

// What this very process can do where the host is its own. Starting a command takes a hundred times as long.

/** What the body returns; undefined when the kernel answers with one of these. */
export function unless<T>(answers: readonly string[], body: () => T): T | undefined {
  try {
    return body();
  } catch (cause) {
    if (!answers.includes(codeOf(cause))) throw refused(cause);
    return undefined;
  }
}

export function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? "";
}

export function refused(cause: unknown): LocalnetError {
  const denied = ["EACCES", "EPERM"].includes(codeOf(cause));
  return new LocalnetError(
    denied ? "LN_PERMISSION" : "LN_COMMAND",
    String(cause),
    denied ? { hint: permissionHint } : {},
  );
}

/** Is there a file of that name, or a folder? */
export function isThere(path: string): boolean {
  return unless(["ENOENT"], () => lstatSync(path)) !== undefined;
}

/** The processes in the network namespace that a file stands for, as far as this user may see. */
export function processesIn(file: string): string[] {
  const namespace = unless(["ENOENT"], () => statSync(file));
  if (!namespace) return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    const own = unless(["ENOENT", "ESRCH", "EACCES"], () => statSync(`/proc/${pid}/ns/net`));
    return own?.ino === namespace.ino && own.dev === namespace.dev;
  });
}
