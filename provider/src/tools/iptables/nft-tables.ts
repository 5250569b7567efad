import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { backendOf, savedRules } from "./backend";
import { parseDeclared } from "./iptables";

/** What nft calls the IP version of iptables. */
const families = { ipv4: "ip", ipv6: "ip6" } as const;

/**
 * The tables of iptables are tables of nft too, where that is its backend: `ip filter`. One with chains that iptables
 * cannot show is none.
 */
export async function tablesOfIptables(host: Host, netns: string | undefined): Promise<string[]> {
  try {
    return (await Promise.all([tablesOf(host, netns, "ipv4"), tablesOf(host, netns, "ipv6")])).flat();
  } catch (error) {
    // Where there is no iptables, it has no tables.
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
