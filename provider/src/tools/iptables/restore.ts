import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { type Chain, iptablesCommand, lockSeconds } from "./backend";
import { quoted } from "./batch";
import { parseRules, type Rule } from "./iptables";

/** What iptables-save prints, by table and chain: `nat KUBE-SERVICES`. Chains without rules are in it too. */
export type Chains = ReadonlyMap<string, readonly Rule[]>;

export function parseChains(text: string): Chains {
  const chains = new Map<string, Rule[]>();
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    const [, declared] = /^:(\S+) /.exec(line) ?? [];
    if (declared !== undefined) chains.set(`${table} ${declared}`, []);
    const [, chain] = /^-A (\S+)/.exec(line) ?? [];
    if (chain !== undefined) chains.get(`${table} ${chain}`)?.push(...parseRules(line));
  }
  return chains;
}

/** Changes several tables of an IP version by one command; each table is one transaction. `changes`: by table, its commands. */
export async function restoreTables(
  host: Host,
  { netns, family }: Pick<Chain, "netns" | "family">,
  changes: ReadonlyMap<string, readonly (readonly string[])[]>,
): Promise<void> {
  const tables = [...changes].filter(([, commands]) => commands.length > 0);
  if (tables.length === 0) return;
  const lines = tables.flatMap(([table, commands]) => [
    ...[`*${table}`, ...commands.map((words) => words.map(quoted).join(" ")), "COMMIT"],
  ]);
  const argv = [`${iptablesCommand(family)}-restore`, "--noflush", "-w", lockSeconds];
  await host.run(enter(netns, argv), { input: `${lines.join("\n")}\n` });
}
