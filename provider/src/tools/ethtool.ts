import { cached, type Host, usesReadCache } from "../host";
import { enter } from "../host/netns";
import { parseJson } from "./ip/json";

interface Feature {
  readonly active: boolean;
  /** Null: the name is an alias of several features. */
  readonly fixed: boolean | null;
  readonly requested: boolean | null;
}

type Features = Readonly<Record<string, Feature>>;

/** For each offload: its features, by their long names in the output of ethtool. */
const features = {
  rx: /^rx-checksumming$/,
  tx: /^tx-checksum-/,
  sg: /^tx-scatter-gather/,
  tso: /^tx-tcp/,
  gso: /^generic-segmentation-offload$/,
  gro: /^generic-receive-offload$/,
  lro: /^large-receive-offload$/,
  rxvlan: /^rx-vlan-offload$/,
  txvlan: /^tx-vlan-offload$/,
} as const;

export type Offload = keyof typeof features;
export const offloadNames = Object.keys(features) as Offload[];
export type Offloads = { readonly [K in Offload]?: boolean | undefined };

/** The offloads of a link as last requested; for one that the link cannot change, its present value. */
export async function showOffloads(
  host: Host,
  netns: string | undefined,
  name: string,
): Promise<{ offloads: Offloads; fixed: readonly Offload[] }> {
  const all =
    (usesReadCache() && (await featuresOfAll(host, netns)).get(name)) || (await featuresOf(host, netns, name));
  const offloads: { [K in Offload]?: boolean } = {};
  const fixed: Offload[] = [];
  for (const key of offloadNames) {
    const matchingFeatures = Object.entries(all).flatMap(([each, feature]) =>
      features[key].test(each) ? [feature] : [],
    );
    const free = matchingFeatures.filter((each) => each.fixed === false);
    if (free.length === 0) fixed.push(key);
    offloads[key] =
      free.length > 0 ? free.some(({ requested }) => requested) : matchingFeatures.some(({ active }) => active);
  }
  return { offloads, fixed };
}

async function featuresOf(host: Host, netns: string | undefined, name: string): Promise<Features> {
  const { stdout } = await host.run(enter(netns, ["ethtool", "--json", "-k", name]));
  return (parseJson(stdout) as Features[])[0] ?? {};
}

/** Reads all links at once. An ethtool before 5.10, or a kernel before 5.6, can read only one. */
function featuresOfAll(host: Host, netns: string | undefined): Promise<Map<string, Features>> {
  return cached(host, `offloads ${netns ?? ""}`, async () => {
    const { exitCode, stdout } = await host.run(enter(netns, ["ethtool", "--json", "-k", "*"]), { accept: "any" });
    if (exitCode !== 0) return new Map();
    const links = parseJson(stdout) as (Features & { readonly ifname: string })[];
    return new Map(links.map((each) => [each.ifname, each]));
  });
}

export async function changeOffloads(
  host: Host,
  netns: string | undefined,
  name: string,
  wanted: Offloads,
): Promise<void> {
  const words = Object.entries(wanted).flatMap(([key, on]) => [key, on ? "on" : "off"]);
  await host.run(enter(netns, ["ethtool", "-K", name, ...words]));
}
