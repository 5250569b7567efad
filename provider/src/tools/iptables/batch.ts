import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { coalesce, getOrCreate } from "../../host/coalesce";
import { enter } from "../../host/netns";
import { type Chain, iptablesCommand, lockSeconds } from "./backend";

/** What one command of iptables does, behind the table: its option, its chain and the rest. */
type Change = readonly string[];
type Table = Omit<Chain, "chain">;

const tables = new WeakMap<Host, Map<string, (change: Change) => Promise<Map<Change, unknown>>>>();

/**
 * Changes a table. What is asked for while a change is under way is one transaction; when that fails nothing of it has
 * been done, and each change is made by itself, for an error of its own.
 */
export async function changeTable(host: Host, table: Table, change: Change): Promise<void> {
  const ofHost = getOrCreate(tables, host, () => new Map());
  const key = [table.netns ?? "", table.family, table.table, table.backend ?? ""].join(" ");
  const one = getOrCreate(ofHost, key, () => coalesce((changes: readonly Change[]) => make(host, table, changes)));
  const failures = await one(change);
  if (failures.has(change)) throw failures.get(change);
}

async function make(host: Host, table: Table, changes: readonly Change[]): Promise<Map<Change, unknown>> {
  const failures = new Map<Change, unknown>();
  if (changes.length > 1 && (await restore(host, table, changes))) return failures;
  for (const change of changes) {
    const { netns, family, backend } = table;
    const argv = [iptablesCommand(family, backend), "-w", lockSeconds, "-t", table.table, ...change];
    await host.run(enter(netns, argv)).catch((error) => failures.set(change, error));
  }
  return failures;
}

/** false: nothing was done, as iptables-restore itself says. */
async function restore(host: Host, table: Table, changes: readonly Change[]): Promise<boolean> {
  const { netns, family, backend } = table;
  const lines = [`*${table.table}`, ...changes.map((words) => words.map(quoted).join(" ")), "COMMIT", ""];
  try {
    const argv = [`${iptablesCommand(family, backend)}-restore`, "--noflush", "-w", lockSeconds];
    await host.run(enter(netns, argv), { input: lines.join("\n") });
    return true;
  } catch (error) {
    if (error instanceof LocalnetError && isRestoreFailure(error)) return false;
    throw error;
  }
}

/** Did iptables-restore give up by itself, other than for a lock, for which each change would wait once more? */
function isRestoreFailure({ code, command: ran }: LocalnetError): boolean {
  const { exitCode = 0, stderr = "" } = ran ?? {};
  return code !== "LN_HOST" && exitCode >= 1 && exitCode <= 4 && !stderr.includes("holding the xtables lock");
}

/** A word of a line that iptables-restore reads. */
function quoted(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these would end the line.
  if (/[\u0000-\u001f\u007f]/.test(word)) throw new TypeError(`no word for a list of rules: ${JSON.stringify(word)}`);
  return /^[\w.:/,@$+-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}
