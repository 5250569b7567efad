import type { KubeProxyNodeArgs } from "../../../provider/src";
import { check, type Values } from "../../../provider/src/core/check";
import { serviceTable as kind } from "../../../provider/src/kinds";
import { Engine } from "./engine";
import { lack } from "./features";
import type { Node } from "./kube-proxy";
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

const web = { name: "default/web", addresses: ["10.96.0.1"], ports: [{ port: 80, targetPort: 8080 }] };
/** A service of this port, with these endpoints. */
export const withEndpoints = (...endpoints: unknown[]) => ({ ...web, endpoints });
export const two = withEndpoints("10.0.0.2", "10.0.0.3");
/** A service of both IP versions. */
export const dns = {
  ...{ name: "dns", addresses: ["10.96.0.2", "fd00:96::2"], endpoints: ["10.0.0.2", "fd00::2"] },
  ports: [{ port: 53, protocol: "udp" }],
};

/** Services of one port and two endpoints each. */
export function manyServices(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    ...{ name: `web-${index}`, addresses: [`10.96.${index >> 8}.${index & 255}`], ports: [{ port: 80 }] },
    endpoints: ["10.0.0.2", "10.0.0.3"],
  }));
}

/** Checked inputs of a table in a namespace of a world. */
export function checkedTable(world: World, netns: string, values: Values): Values {
  const given = { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
  const { inputs, failures } = check(kind, given);
  expect(failures).toEqual([]);
  return inputs;
}

/** A table in a namespace, in place of the one before. */
export class TableNode implements Node {
  readonly engine = new Engine(kind);

  constructor(
    private readonly world: World,
    private readonly netns: string,
  ) {}

  bringUp(node: KubeProxyNodeArgs): Promise<void> {
    return this.bringUpTable(tableOf(node));
  }

  /** The next look sees what was asked for. */
  async bringUpTable(values: Values): Promise<void> {
    const { engine } = this;
    await engine.up(checkedTable(this.world, this.netns, values));
    const { state } = engine;
    await engine.refresh();
    expect(engine.state).toEqual(state);
  }
}

/** Where a namespace sends connections to, and what it does so for, in the words of the tools; undefined: nowhere. */
export async function ways(world: World, netns: string): Promise<Values | undefined> {
  const run = (...argv: string[]) => world.runIn(netns, ...argv);
  const [four, six, tables] = await Promise.all([
    run("iptables-save"),
    run("ip6tables-save"),
    run("nft", "list", "tables"),
  ]);
  const nft = ["ip", "ip6"].filter((family) => tables.includes(`table ${family} kube-proxy`));
  const nftTables = nft.map((family) => run("nft", "list", "table", family, "kube-proxy"));
  // ipvsadm and ipset cannot print anything where the kernel lacks what they are about.
  const ofIpvs = lack("ipvs") ? [] : [run("ipvsadm", "-S", "-n"), run("ipset", "save"), run("ip", "addr")];
  const text = [four, six, ...(await Promise.all([...nftTables, ...ofIpvs]))].join("\n");
  if (!/KUBE-|kube-/.test(text)) return undefined;
  const all = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, value]) => value))].sort();
  return {
    endpoints: all(/(?:--to-destination|dnat to|-r) (\S+)/g),
    nodePorts: all(/(?:--dport |(?:tcp|udp) \. |-A -[tu] \S+:)(3\d{4})\b/g),
    isRemembered: /--rcheck|affinity-|^-A -[tu] .* -p \d+/m.test(text),
    scheduler: all(/^-A -[tu] \S+ -s (\w+)/gm),
    modes: [
      ...(/KUBE-EXTERNAL-SERVICES/.test(text) ? ["iptables"] : []),
      ...(/KUBE-IPVS-FILTER|kube-ipvs0/.test(text) ? ["ipvs"] : []),
      ...(nft.length > 0 ? ["nftables"] : []),
    ],
    families: [/KUBE-SERVICES/.test(four) || nft.includes("ip"), /KUBE-SERVICES/.test(six) || nft.includes("ip6")],
  };
}

interface Service {
  readonly ports: { readonly port: number; readonly targetPort?: number; readonly nodePort?: number }[];
  readonly endpoints: ({ readonly address: string } | string)[];
  readonly sessionAffinity?: object;
}

/** What `ways` shows of a table. */
export function expectedWays({
  services,
  scheduler = "rr",
  mode = "iptables",
  families = ["ipv4", "ipv6"],
}: Values): Values {
  const all = services as Service[];
  const versions = families as string[];
  const address = (each: Service["endpoints"][number]) => (typeof each === "string" ? each : each.address);
  const isThere = (each: string) => versions.includes(each.includes(":") ? "ipv6" : "ipv4");
  const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();
  const to = ({ ports, endpoints }: Service) =>
    ports.flatMap(({ port, targetPort = port }) =>
      endpoints
        .map(address)
        .filter(isThere)
        .map((each) => `${each.includes(":") ? `[${each}]` : each}:${targetPort}`),
    );
  return {
    endpoints: sorted(all.flatMap(to)),
    nodePorts: sorted(all.flatMap(({ ports }) => ports.flatMap(({ nodePort }) => (nodePort ? String(nodePort) : [])))),
    isRemembered: all.some(({ sessionAffinity }) => sessionAffinity !== undefined),
    scheduler: mode === "ipvs" ? [scheduler] : [],
    modes: [mode],
    families: ["ipv4", "ipv6"].map((each) => versions.includes(each)),
  };
}
