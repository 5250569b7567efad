import { createHash, randomBytes } from "node:crypto";
import { addShare, eraseShare, type Place, readShares } from "../../core/ledger";
import { markOf, ownerIn } from "../../core/mark";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { type Processes, processesWith, readWords } from "../../tools/process";

// A process has two variables in its environment, and so have its children unless they clear it. Anybody can set the first
// one. The second is a random key that only the environment contains, which no other user can read. The ledger has a digest
// of it, so that even a run without the state can tell our process from a forgery.

const markVariable = "LOCALNET_ID";
const keyVariable = "LOCALNET_KEY";
export const markVariables: readonly string[] = [markVariable, keyVariable];

/** The variables for a process that is about to be started. */
export async function newMark(host: Host, owner: string): Promise<Record<string, string>> {
  const key = randomBytes(16).toString("hex");
  const mark = { [markVariable]: markOf(owner) };
  const written = await ifPermitted(() => addShare(host, placeOf(owner), { owner, value: digest(key) }));
  return written === noLedger ? mark : { ...mark, [keyVariable]: key };
}

export async function eraseMark(host: Host, owner: string): Promise<void> {
  await ifPermitted(() => eraseShare(host, placeOf(owner), owner));
}

/** The processes with the mark and its key. `withoutKey`: also those of an older release, which had no keys. */
export async function findMarked(host: Host, owner: string, { withoutKey = false } = {}): Promise<Processes> {
  const entries = await ifPermitted(() => readShares(host, placeOf(owner)));
  const known = entries === noLedger ? undefined : entries[0]?.value;
  if (known === undefined && entries !== noLedger && !withoutKey) return { bootId: "", processes: [] };
  return processesWith(host, (words) => {
    if (!words.includes(`${markVariable}=${markOf(owner)}`)) return false;
    const key = variableIn(words, keyVariable);
    return known === undefined ? key === undefined : key !== undefined && digest(key) === known;
  });
}

/** The owner in the mark of a process; "": it has no mark. */
export async function markedFor(host: Host, pid: number, owner: string): Promise<string> {
  const mark = variableIn((await readWords(host, pid, "environ")) ?? [], markVariable);
  return mark === undefined ? "" : ownerIn(mark, owner);
}

function variableIn(words: readonly string[], variable: string): string | undefined {
  return words.find((word) => word.startsWith(`${variable}=`))?.slice(variable.length + 1);
}

const noLedger = Symbol("this user has no ledger");

/**
 * Runs the body unless the user may not use the ledger. Such a user sees no environment of others, so nobody can forge a
 * mark for them.
 */
async function ifPermitted<T>(body: () => Promise<T>): Promise<T | typeof noLedger> {
  try {
    return await body();
  } catch (error) {
    if (hasCode(error, "LN_PERMISSION")) return noLedger;
    throw error;
  }
}

/** A process may outlive the name of its namespace, so its entry is in no namespace. */
function placeOf(owner: string): Place {
  return { netns: undefined, what: `Process ${owner}` };
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
