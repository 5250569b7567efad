import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { LocalnetError } from "../errors";
import { errnoOf } from "./files";
import { checkFolder, localFolders, privateDirectory } from "./folders";

// O_NOFOLLOW: nobody may redirect root's log to another file. O_NONBLOCK: nor to a pipe that nobody reads.
const appending =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const attempts = 20;

/** Opens a log file on this machine for appending. Refuses one that others can read or have put there. */
export async function openLog(path: string, runDirectory: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (dirname(path) === runDirectory) await privateDirectory(runDirectory);
      else await checkFolder(dirname(path), localFolders);
      const log = openSync(path, appending, 0o600);
      const stats = fstatSync(log);
      if (stats.isFile() && stats.uid === process.getuid?.() && stats.nlink === 1) return log;
      closeSync(log);
      throw foreignFileError(path);
    } catch (cause) {
      if (cause instanceof LocalnetError) throw cause;
      // Another program may have removed the folder with its last log meanwhile.
      if (errnoOf(cause) === "ENOENT" && attempt < attempts) continue;
      const hint = "see that the log's folder exists";
      throw new LocalnetError("LN_PROCESS", `cannot write its log: ${cause}`, { hint });
    }
  }
}

export function foreignFileError(path: string): LocalnetError {
  return new LocalnetError("LN_PERMISSION", `the log ${path} is not a file of this user alone, with one name`, {
    hint: `see what it is (ls -l ${path}), and remove it or choose another logFile`,
  });
}
