import { requireTools } from "../../host/requirements";
import { readTable } from "../../tools/nft";
import { parseContents, runNft } from "../../tools/nft-table";
import { ipOf } from "./nftables-text";
import { commandsFor } from "./table-nftables-change";
import { claimOf, type NftKernel, type NftPart, tableName } from "./table-nftables-plan";
import type { Family, Layer } from "./table-parts";

const families = ["ipv4", "ipv6"] as const;

/** Tables of nftables. */
export const nftablesLayer: Layer<NftPart, NftKernel> = {
  async read(host, netns, wanted) {
    await requireTools(host, ["nft", "nsenter"]);
    const read = async (family: Family) => {
      const key = { family: ipOf(family), name: tableName };
      const table = wanted.includes(family) ? await readTable(host, netns, key) : undefined;
      return table && parseContents(table.body);
    };
    const [ipv4, ipv6] = await Promise.all([read("ipv4"), read("ipv6")]);
    return { ipv4, ipv6 };
  },

  linesOf(kernel, { family, name, element }) {
    const table = kernel[family];
    if (!table || name === "table") return table && [""];
    if (element) {
      const entry = table.elements.get(name);
      return entry && [entry.text];
    }
    const block = table.blocks.get(name);
    return block && [...block.declaration, ...block.rules];
  },

  // nft spells a chain or a set its own way, but line by line.
  isWhole(_kernel, { name, element, text, declaration, rules }, lines) {
    if (name === "table") return true;
    return element ? lines[0] === text : lines.length === declaration.length + rules.length;
  },

  claimOf: ({ family, name }, netns) => (name === "table" ? claimOf(family, netns) : undefined),

  isThere: (kernel, claim) => kernel[claim.startsWith("NftTable ip6/") ? "ipv6" : "ipv4"] !== undefined,

  requireFree(change) {
    for (const family of families)
      if (!change.wanted.some((part) => part.family === family)) commandsFor(change, family);
  },

  async change(host, change) {
    await runNft(
      host,
      change.netns,
      families.flatMap((family) => commandsFor(change, family)),
    );
  },
};
