import { createHash } from "node:crypto";
import { posix } from "node:path";
import { LocalnetError } from "../errors";
import type { Host, Result } from "../host";

/** The largest file, in bytes, that is read or written: its whole text is kept in the state. */
export const maxFileBytes = 1024 * 1024;

interface FileEntry {
  readonly isFile: boolean;
  /** Four octal digits. */
  readonly mode: string;
}

/** The existing entries, by name; all paths are in one folder. Links are not followed. */
export async function readEntries(host: Host, paths: readonly string[]): Promise<Map<string, FileEntry>> {
  // The name comes last because it may contain spaces.
  const argv = ["find", ...paths, "-maxdepth", "0", "-printf", "%y %m %f\\n"];
  const result = await host.run(argv, { accept: [0, 1] });
  if (result.exitCode !== 0 && !isAbsence(result)) {
    throw new LocalnetError("LN_COMMAND", "cannot see what is there", { command: { argv, ...result } });
  }
  const lines = result.stdout.split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [type, mode = "", ...name] = line.split(" ");
      return [name.join(" "), { isFile: type === "f", mode: mode.padStart(4, "0") }];
    }),
  );
}

/** The text of a file, cut if the file is too long; undefined: the file has disappeared. */
export async function readText(host: Host, path: string): Promise<string | undefined> {
  // Another program may have replaced it with a link or a pipe in the meantime.
  const count = ["bs=65536", `count=${maxFileBytes + 1}`, "iflag=count_bytes,nofollow,nonblock"];
  const argv = ["dd", `if=${path}`, ...count, "status=none"];
  const result = await host.run(argv, { accept: [0, 1] });
  if (result.exitCode === 0) return result.stdout;
  if (isAbsence(result)) return undefined;
  throw new LocalnetError("LN_COMMAND", "cannot read it", { command: { argv, ...result } });
}

/** The temporary name under which a file is written first. No other resource uses the same. */
export function temporaryPathOf(path: string, owner: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([path, owner]))
    .digest("hex")
    .slice(0, 16);
  return posix.join(posix.dirname(path), `.localnet-${digest}`);
}

/**
 * Writes a file completely or not at all: to a temporary name in the same folder, which is then renamed. A new file replaces
 * nothing. A changed file is a new file too, so that nothing is written through hard links to the old one.
 */
export async function writeFile(
  host: Host,
  path: string,
  spare: string,
  { content, mode, isNew }: { readonly content: string; readonly mode: string; readonly isNew: boolean },
): Promise<void> {
  try {
    await inFolder(path, () => host.run(["install", "-m", mode, "-T", "--", "/dev/null", spare]));
    const write = ["dd", `of=${spare}`, "bs=65536", "oflag=nofollow", "conv=notrunc,fsync", "status=none"];
    await host.run(write, { input: content });
    if (isNew) await linkNew(host, spare, path);
    else await host.run(["mv", "-f", "-T", "--", spare, path]);
  } catch (error) {
    await removeFiles(host, [spare]).catch(() => undefined);
    throw error;
  }
  if (isNew) await removeFiles(host, [spare]);
}

async function linkNew(host: Host, spare: string, path: string): Promise<void> {
  const argv = ["ln", "-T", "--", spare, path];
  const result = await host.run(argv, { accept: [0, 1] });
  if (result.exitCode === 0) return;
  const isThere = result.stderr.includes("File exists");
  throw new LocalnetError(
    isThere ? "LN_EXISTS" : "LN_COMMAND",
    isThere
      ? "another program made a file with this name in the meantime; it is unchanged"
      : "cannot rename the temporary file",
    { command: { argv, ...result } },
  );
}

/** A file that is gone already is not an error. */
export async function removeFiles(host: Host, paths: readonly string[]): Promise<void> {
  await host.run(["rm", "-f", "--", ...paths]);
}

async function inFolder(path: string, body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const stderr = (error instanceof LocalnetError && error.command?.stderr) || "";
    const folder = posix.dirname(path);
    const none = (why: string, hint: string) =>
      new LocalnetError("LN_MISSING", `there is no folder ${folder}${why}`, { hint });
    if (stderr.includes("Not a directory")) throw none(": a part of that is a file", "choose another path");
    if (stderr.includes("No such file or directory")) throw none("", `make it first: mkdir -p ${folder}`);
    throw error;
  }
}

function isAbsence({ stderr }: Result): boolean {
  const lines = stderr.trim().split("\n");
  return lines.every((line) => /: (No such file or directory|Not a directory)$/.test(line));
}
