import { z } from "zod";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { requireTools } from "../../host/requirements";
import { readBeginning } from "../../tools/proc";

export const userName = z
  .string()
  .regex(/^([A-Za-z_][A-Za-z0-9_.-]{0,30}\$?|0|[1-9]\d{0,9})$/, "must be the name or the number of a user");

/** The words before a command that run it as a user of the host. Throws before anything is started if that cannot be. */
export async function wordsToRunAs(host: Host, user: string | undefined): Promise<string[]> {
  if (user === undefined) return [];
  await requireTools(host, ["setpriv"]);
  const group = await idOf(host, "-g", user);
  if (group === undefined) {
    const hint = "give the name or the number of a user that the host has (getent passwd)";
    throw new LocalnetError("LN_INPUT", `user: this host has no user ${user}`, { hint });
  }
  // setpriv keeps the capabilities of root until it executes the next program: that one must not be the user's own.
  const words = ["setpriv", `--reuid=${user}`, `--regid=${group}`, "--init-groups", "--", "setpriv", "--"];
  await host.run([...words, "true"]);
  return words;
}

/** The user that a process runs as, in the form of the input: undefined where that is the provider's own. */
export async function observeUser(host: Host, wanted: string | undefined, pid: number): Promise<string | undefined> {
  const uid = await uidOf(host, pid);
  if (uid === undefined || uid === (wanted && (await idOf(host, "-u", wanted)))) return wanted;
  return uid === (await uidOf(host, "self")) ? undefined : ((await idOf(host, "-nu", uid)) ?? uid);
}

/** Its effective user. The owner of /proc/PID is root as soon as a process has changed its user by itself. */
async function uidOf(host: Host, pid: number | "self"): Promise<string | undefined> {
  return /^Uid:\s+\d+\s+(\d+)/m.exec((await readBeginning(host, `/proc/${pid}/status`)) ?? "")?.[1];
}

async function idOf(host: Host, what: "-u" | "-g" | "-nu", user: string): Promise<string | undefined> {
  const { exitCode, stdout } = await host.run(["id", what, "--", user], { accept: [0, 1] });
  return exitCode === 0 ? stdout.trim() : undefined;
}
