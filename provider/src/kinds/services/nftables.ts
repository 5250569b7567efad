import { nodeTable } from "./nftables-node";
import { type Elements, servicePortBlocks } from "./nftables-service";
import { ipOf } from "./nftables-text";
import { isOfFamily, type Node } from "./node";
import type { Planned } from "./plan";
import { portals } from "./portals";

/** All objects of a node in mode nftables: a table of each IP version, as text, so that a change is one transaction. */
export function nftablesObjects(node: Node): Planned[] {
  return node.families.toSorted().map((family): Planned => {
    const elements: Elements = new Map();
    const all = portals(node, isOfFamily(family));
    const blocks = all.map((portal) => servicePortBlocks(portal, family, elements));
    return {
      kind: "NftTable",
      name: `${family === "ipv4" ? "v4" : "v6"}-kube-proxy`,
      inputs: {
        family: ipOf(family),
        name: "kube-proxy",
        ruleset: [...nodeTable(node, family, elements), ...blocks.flat()].join("\n\n"),
      },
      after: [],
      gates: [...new Set(all.flatMap(({ endpoints }) => endpoints.flatMap((each) => each.dependsOn ?? [])))],
    };
  });
}
