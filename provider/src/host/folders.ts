import { lstatSync, mkdirSync, readlinkSync } from "node:fs";
import { posix } from "node:path";
import { LocalnetError } from "../errors";
import { ignoreErrors } from "./files";

/** What `checkFolder` must know about a path. A link at its end is not followed. */
interface Entry {
  readonly uid: number;
  readonly mode: number;
}

/** Reads the folders of a path. Each path is inside the one before it, so nothing exists below one that is missing. */
export interface Folders {
  readonly uid: number;
  lstat(paths: readonly string[]): Promise<Entry[]>;
  readlink(path: string): Promise<string>;
}

const maxLinks = 40;
const [typeBits, link, sticky, writableByOthers] = [0o170000, 0o120000, 0o1000, 0o022];

/**
 * Throws unless only this user and root control what a path to a folder leads to. Anyone else who may write to a folder on the
 * way can put a link there, or swap what was checked; in a sticky folder such as /tmp, only what they own.
 */
export async function checkFolder(path: string, folders: Folders): Promise<void> {
  let folder = posix.resolve(path);
  for (let links = 0; links < maxLinks; links++) {
    const paths = withParents(folder);
    const entries = await folders.lstat(paths);
    // In a user namespace, the owner of the file system appears as nobody.
    const trusted = [0, folders.uid, entries[0]?.uid];
    let next: string | undefined;
    for (const [index, { uid, mode }] of entries.entries()) {
      const at = paths[index] ?? "";
      if (!trusted.includes(uid)) throw unsafe(path, `${at} belongs to user ${uid}`);
      if ((mode & typeBits) === link) {
        next = posix.resolve(posix.dirname(at), await folders.readlink(at), posix.relative(at, folder));
        break;
      }
      if ((mode & writableByOthers) !== 0 && (mode & sticky) === 0) throw unsafe(path, `others may write to ${at}`);
    }
    if (next === undefined) return;
    folder = next;
  }
  throw unsafe(path, "it has too many links");
}

/** "/" first, the path itself last. */
function withParents(path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  return ["/", ...parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`)];
}

function unsafe(path: string, why: string): LocalnetError {
  const hint =
    "choose a folder that, with all it is in, belongs to this user or root and is not open to others (chmod go-w)";
  return new LocalnetError("LN_PERMISSION", `the folder ${path} is not safe from other users: ${why}`, { hint });
}

/** This machine's. */
export const localFolders: Folders = {
  get uid() {
    return process.getuid?.() ?? 0;
  },
  async lstat(paths) {
    const entries: Entry[] = [];
    for (const path of paths) {
      const entry = ignoreErrors(["ENOENT", "ENOTDIR", "EACCES"], () => lstatSync(path));
      if (!entry) break;
      entries.push(entry);
    }
    return entries;
  },
  readlink: async (path) => readlinkSync(path),
};

/** Makes a folder for this user alone. Refuses a folder or link that another user has put there. */
export async function privateDirectory(path: string): Promise<string> {
  await checkFolder(posix.dirname(path), localFolders);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stats = lstatSync(path);
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o077) !== 0) {
    const hint = `see who made it (ls -ld ${path}), and remove it`;
    throw new LocalnetError("LN_PERMISSION", `${path} is not a folder of this user alone`, { hint });
  }
  return path;
}
