import { routeLocalnet } from "./iptables-node";
import { settings } from "./ipvs";
import type { Node } from "./node";
import { iptablesLayer } from "./table-iptables";
import { iptablesPlan } from "./table-iptables-plan";
import { ipvsLayer } from "./table-ipvs";
import { ipvsPlan } from "./table-ipvs-plan";
import { nftablesLayer } from "./table-nftables";
import { nftablesPlan } from "./table-nftables-plan";
import type { Family, Layer, LayerName, Part } from "./table-parts";

export type ModeName = Node["mode"];

/** In the order in which what is new is made. */
const layers = {
  ipvs: ipvsLayer,
  nftables: nftablesLayer,
  iptables: iptablesLayer,
} as unknown as Readonly<Partial<Record<LayerName, Layer>>>;

export const layerNames = Object.keys(layers) as LayerName[];

export function layerFor(name: LayerName): Layer {
  const layer = layers[name];
  if (!layer) throw new TypeError(`no layer: ${name}`);
  return layer;
}

interface ModeDefinition {
  plan(node: Node, owner: string): Part[];
  readonly layers: readonly LayerName[];
  /** The settings that it needs, of a node of these IP versions. */
  settings(families: readonly Family[]): readonly string[];
}

const ipvsSettings = settings.map(({ inputs }) => String(inputs.key));
const iptablesSetting = String(routeLocalnet.inputs.key);

const modes: Readonly<Record<ModeName, ModeDefinition>> = {
  iptables: {
    plan: iptablesPlan,
    layers: ["iptables"],
    settings: (families) => (families.includes("ipv4") ? [iptablesSetting] : []),
  },
  nftables: { plan: nftablesPlan, layers: ["nftables"], settings: () => [] },
  ipvs: { plan: ipvsPlan, layers: ["ipvs", "iptables"], settings: () => ipvsSettings },
};

export const allSettings: readonly string[] = [iptablesSetting, ...ipvsSettings];

export function layersOf(mode: ModeName): readonly LayerName[] {
  return modes[mode].layers;
}

export function planOf(node: Node, owner: string): Part[] {
  return modes[node.mode].plan(node, owner);
}

/** The keys of the settings that a table needs. */
export function settingsOf({ mode, families }: Pick<Node, "mode" | "families">): readonly string[] {
  return modes[mode].settings(families);
}
