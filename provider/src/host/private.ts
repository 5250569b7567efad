import { lstatSync, mkdirSync } from "node:fs";
import { LocalnetError } from "../errors";

/** A folder for this user alone. Another user may have put one there first, or a link, to read along or lead astray. */
export function privateDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    const hint = `look who made it (ls -ld ${path}), and remove it`;
    throw new LocalnetError("LN_PERMISSION", `${path} is not a folder of this user alone`, { hint });
  }
  return path;
}
