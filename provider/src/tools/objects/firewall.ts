import type { KernelObject } from "../../core/kernel-object";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { backendOf, iptablesCommand } from "../iptables/backend";
import { parseDeclared, parseSaved } from "../iptables/iptables";
import { tablesOfIptables } from "../iptables/nft-tables";
import { listTables } from "../nft";

const versions = ["ipv4", "ipv6"] as const;
type Version = (typeof versions)[number];

export const nftObjects = {
  name: "tables of nft",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const tables = await listTables(host, netns);
    const iptablesTables = tables.length > 0 ? await tablesOfIptables(host, netns) : [];
    return tables
      .map(({ family, name }) => ({ family, name, title: `${family} ${name}` }))
      .filter(({ title }) => !iptablesTables.includes(title))
      .map(({ family, name, title }) => ({
        what: `nft table ${title}`,
        why: "no NftTable that can be imported stands for it",
        coveredBy: [{ inputs: { family, name } }],
      }));
  },
};

/** Rules may be in two backends, and the host's own iptables shows only one of them. */
export const otherBackendObjects = {
  name: "rules in the other backend of iptables",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    return (await Promise.all(versions.map((version) => otherRules(host, netns, version)))).flat();
  },
};

async function otherRules(host: Host, netns: string | undefined, version: Version): Promise<KernelObject[]> {
  const other = (await backendOf(host, version)) === "legacy" ? "nf_tables" : "legacy";
  const save = `${iptablesCommand(version, other)}-save`;
  // The command of the backend legacy makes tables when it looks for them, so it runs only if there are some.
  if (other === "legacy" && !(await hasTables(host, netns, version))) return [];
  const text = await host.run(enter(netns, [save])).then(
    ({ stdout }) => stdout,
    (error) => {
      if (hasCode(error, "LN_TOOL", "LN_KERNEL")) return "";
      throw error;
    },
  );
  const changed = parseDeclared(text).filter(({ policy }) => policy !== undefined && policy !== "ACCEPT");
  const chains = parseDeclared(text).filter(({ policy }) => policy === undefined);
  const names = [
    ...chains.map(({ table, chain }) => `chain ${version}/${table}/${chain}`),
    ...changed.map(({ table, chain }) => `policy ${version}/${table}/${chain}`),
    ...parseSaved(text).map(({ table, chain, number }) => `rule ${version}/${table}/${chain}/${number}`),
  ];
  return names.map((what) => ({
    what: `${other} ${what}`,
    why: `the host's own iptables is not of ${other}`,
    coveredBy: [],
  }));
}

async function hasTables(host: Host, netns: string | undefined, version: Version): Promise<boolean> {
  const file = `/proc/net/${version === "ipv6" ? "ip6_tables_names" : "ip_tables_names"}`;
  const { stdout } = await host.run(enter(netns, ["cat", file]), { accept: [0, 1] });
  return stdout !== "";
}
