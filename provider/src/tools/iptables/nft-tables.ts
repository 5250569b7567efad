import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { backendOf, savedRules } from "./backend";
import { parseDeclared } from "./iptables";

/** nft's names of the IP versions. */
const families = { ipv4: "ip", ipv6: "ip6" } as const;

/**
 * The tables of nft that iptables made, if nf_tables is its backend, such as `ip filter`. A table with chains that iptables
 * cannot show does not count.
 */
export async function tablesOfIptables(host: Host, netns: string | undefined): Promise<string[]> {
  try {
    return (await Promise.all([tablesOf(host, netns, "ipv4"), tablesOf(host, netns, "ipv6")])).flat();
  } catch (error) {
    // Without iptables, there are no such tables.
    if (hasCode(error, "LN_TOOL")) return [];
    throw error;
  }
}

async function tablesOf(host: Host, netns: string | undefined, version: keyof typeof families): Promise<string[]> {
  if ((await backendOf(host, version)) === "legacy") return [];
  const text = await savedRules(host, netns, version);
  const foreign = [...text.matchAll(/^# Table `([^']+)' (?:is incompatible|contains incompatible)/gm)].map(
    ([, name]) => name,
  );
  const tables = new Set(parseDeclared(text).map(({ table }) => table));
  return [...tables].filter((name) => !foreign.includes(name)).map((name) => `${families[version]} ${name}`);
}
