import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { coalesce, getOrCreate } from "../../host/coalesce";
import { enter } from "../../host/netns";
import { type Chain, iptablesCommand, lockSeconds } from "./backend";

/** The words of one iptables command after the table: option, chain and the rest. */
type Change = readonly string[];
type Table = Omit<Chain, "chain">;

const tables = new WeakMap<Host, Map<string, (change: Change) => Promise<Map<Change, unknown>>>>();

/**
 * Changes a table. Coalesces calls: while one change runs, later ones wait and share the next transaction. If that fails,
 * nothing has changed, and each change runs alone to get its own error.
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

/** False: nothing was changed, as iptables-restore itself reports. */
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

/** Did iptables-restore report the failure itself? A lock does not count: each change alone would wait for it again. */
function isRestoreFailure({ code, command }: LocalnetError): boolean {
  const { exitCode = 0, stderr = "" } = command ?? {};
  return code !== "LN_HOST" && exitCode >= 1 && exitCode <= 4 && !stderr.includes("holding the xtables lock");
}

/** Quotes a word of a line for iptables-restore. */
export function quoted(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these would end the line.
  if (/[\u0000-\u001f\u007f]/.test(word))
    throw new TypeError(`not allowed in a list of rules: ${JSON.stringify(word)}`);
  return /^[\w.:/,@$+-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}
