import type { KubeProxyNodeArgs } from "../../../provider/src";
import { check, type Values } from "../../../provider/src/core/check";
import { serviceTable as kind } from "../../../provider/src/kinds";
import { hostUrl, type World } from "./world";

/** The inputs of a table for what a node of the component is given. */
export function tableOf({ podCidr, serviceCidr, services = [], ...node }: KubeProxyNodeArgs): Values {
  const list = (value: unknown) => (value === undefined ? undefined : [value].flat());
  return {
    ...node,
    ...{ podCidr: list(podCidr), serviceCidr: list(serviceCidr) },
    services: services.map((each) => ({ ...each, addresses: list(each.addresses) })),
  };
}

/** Checked inputs of a table in a namespace of a world. */
export function checkedTable(world: World, netns: string, values: Values): Values {
  const given = { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
  const { inputs, failures } = check(kind, given);
  expect(failures).toEqual([]);
  return inputs;
}

/** Where a namespace sends connections to, and what it does so for, in iptables' words or nft's; undefined: nowhere. */
export async function ways(world: World, netns: string): Promise<Values | undefined> {
  const printed = await Promise.all([
    world.inside(netns, "iptables-save"),
    world.inside(netns, "ip6tables-save"),
    world.inside(netns, "nft", "list", "tables"),
  ]);
  const tables = ["ip", "ip6"].filter((family) => printed[2].includes(`table ${family} kube-proxy`));
  const listed = tables.map((family) => world.inside(netns, "nft", "list", "table", family, "kube-proxy"));
  const text = [...printed.slice(0, 2), ...(await Promise.all(listed))].join("\n");
  if (!/KUBE-|kube-proxy/.test(text)) return undefined;
  const all = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, found]) => found))].sort();
  return {
    endpoints: all(/(?:--to-destination|dnat to) (\S+)/g),
    nodePorts: all(/(?:--dport|(?:tcp|udp) \.) (3\d{4})\b/g),
    isRemembered: /--rcheck|affinity-/.test(text),
    modes: [...(/KUBE-SERVICES/.test(text) ? ["iptables"] : []), ...(tables.length > 0 ? ["nftables"] : [])],
    families: [
      /KUBE-SERVICES/.test(printed[0]) || tables.includes("ip"),
      /KUBE-SERVICES/.test(printed[1]) || tables.includes("ip6"),
    ],
  };
}
