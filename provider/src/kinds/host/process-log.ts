import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { markOf } from "../../core/mark";
import type { Host } from "../../host";
import { ignoreErrors } from "../../host/files";

interface Logged {
  readonly owner: string;
  readonly logFile?: string | undefined;
}

export function logOf(host: Host, { owner, logFile }: Logged): string {
  return logFile ?? `${host.runDirectory}/${markOf(owner).replace("localnet:", "").replaceAll("/", "_")}.log`;
}

/** Removes the log, unless the user chose the file. */
export async function removeLog(host: Host, args: Logged): Promise<void> {
  if (args.logFile !== undefined) return;
  await host.run(["rm", "-f", "--", logOf(host, args)]);
  await host.run(["rmdir", "--ignore-fail-on-non-empty", "--", host.runDirectory], { accept: "any" });
}

const endBytes = 4096;
const endLines = 20;

/** The last lines of a log. Links are not followed, because somebody may have replaced the file that the process writes to. */
export async function readLogEnd(host: Host, log: string): Promise<string> {
  return (await readEnd(host, log))
    .split("\n")
    .slice(-endLines - 1)
    .join("\n")
    .trim();
}

async function readEnd(host: Host, log: string): Promise<string> {
  if (host.isLocal) return ignoreErrors(["ENOENT", "ELOOP", "EACCES", "ENXIO"], () => readLocalEnd(log)) ?? "";
  const tail = ["tail", "-c", String(endBytes), "--", "{}", ";"];
  const argv = ["find", "-P", log, "-maxdepth", "0", "-type", "f", "-links", "1", "-exec", ...tail];
  return (await host.run(argv, { accept: "any" })).stdout;
}

const reading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function readLocalEnd(log: string): string {
  const file = openSync(log, reading);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.nlink !== 1 || stats.uid !== process.geteuid?.()) return "";
    const buffer = Buffer.alloc(endBytes);
    const length = readSync(file, buffer, 0, endBytes, Math.max(0, stats.size - endBytes));
    return buffer.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}
