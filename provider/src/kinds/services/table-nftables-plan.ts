import { type NftContents, parseContents } from "../../tools/nft-table";
import { nftTable } from "../firewall/nft-table";
import { nodeTable } from "./nftables-node";
import { type Elements, servicePortBlocks } from "./nftables-service";
import { ipOf } from "./nftables-text";
import { isOfFamily, type Node } from "./node";
import { portals } from "./portals";
import { type Family, nodeGroup, type Part } from "./table-parts";

export interface NftPart extends Part {
  readonly layer: "nftables";
  readonly family: Family;
  /** `table`; `chain NAME`, `set NAME`, `map NAME`; or an element's set and key. */
  readonly name: string;
  readonly element?: { readonly set: string; readonly key: string };
  readonly declaration: readonly string[];
  readonly rules: readonly string[];
}

export type NftKernel = Readonly<Record<Family, NftContents | undefined>>;

export const tableName = "kube-proxy";

/** What the ledger calls a table. */
export function claimOf(family: Family, netns: string | undefined): string {
  return `NftTable ${nftTable.id({ family: ipOf(family), name: tableName, netns, ruleset: "", owner: "" })}`;
}

/** Mode nftables: in a table of each IP version chains, sets and maps, and the elements of those. */
export function nftablesPlan(node: Node): NftPart[] {
  return node.families.toSorted().flatMap((family) => planOf(node, family));
}

function planOf(node: Node, family: Family): NftPart[] {
  const elements: Elements = new Map();
  const groups = new Map<string, string>();
  const texts: string[] = [];
  for (const portal of portals(node, isOfFamily(family))) {
    const portalElements: Elements = new Map();
    const blocks = servicePortBlocks(portal, family, portalElements);
    const { name } = portal.service;
    for (const each of blocks) groups.set(headOf(each), name);
    for (const [set, some] of portalElements) {
      const had = elements.get(set) ?? [];
      const added = some.filter((each) => !groups.has(`${set} ${each}`));
      for (const each of added) groups.set(`${set} ${each}`, name);
      elements.set(set, [...had, ...added]);
    }
    texts.push(...blocks);
  }
  const { blocks, elements: all } = parseContents([...nodeTable(node, family, elements), ...texts].join("\n\n"));
  const of = `table ${ipOf(family)} ${tableName}`;
  const ofNode = nodeGroup(family);
  const layer = "nftables";
  return [
    { layer, key: of, group: ofNode, text: "", family, name: "table", declaration: [], rules: [] },
    ...[...blocks].map(([name, block]): NftPart => {
      const { declaration, rules } = block;
      const text = JSON.stringify(block);
      const group = groups.get(name) ?? ofNode;
      return { layer, key: `${name} of ${of}`, group, text, family, name, declaration, rules };
    }),
    ...[...all].map(
      ([name, { set, key, text }]): NftPart => ({
        ...{ layer, key: `element ${key} of ${set} of ${of}`, text, family, name, declaration: [], rules: [] },
        ...{ group: groups.get(`${set} ${text}`) ?? ofNode, element: { set, key } },
      }),
    ),
  ];
}

function headOf(block: string): string {
  return block.slice(0, block.indexOf(" {"));
}
