import { objectIn, type Values } from "../../../../provider/src/core/check";
import { kinds } from "../../../../provider/src/kinds";
import { bridgePort } from "../../../../provider/src/kinds/links/ports";
import type { Feature } from "../../../kernel/support/features";
import { find, isRef } from "../program";
import { netnsName, netnsOf, networkOf } from "../scene";
import type { Scene, Shape } from "../shapes";
import { addresses4, addresses6, anyCidr, fromSchema } from "../values";
import { hosts, inPlace } from "./place";

/** Not every kernel has VLANs of ports, and what is looked at does not tell them. */
const portInputs = objectIn(bridgePort)?.omit({ vlans: true, groupForwardMask: true });

const linkInputs: NonNullable<Shape["inputs"]> = {
  addresses: ({ draw }) => {
    const list = Array.from({ length: draw.int(1, 3) }, () => anyCidr(draw));
    return [...new Set(list)];
  },
};

/** The same of a link of its own. */
const deviceInputs: NonNullable<Shape["inputs"]> = {
  ...linkInputs,
  // For a queue of a million packets the kernel does not always have the memory.
  txQueueLength: ({ draw }) => draw.int(0, 4000),
};

/** The same of a link that can be a port of a bridge. */
const portLinkInputs: NonNullable<Shape["inputs"]> = {
  ...deviceInputs,
  bridgePort: ({ draw }) =>
    portInputs && {
      ...(fromSchema(portInputs, draw) as Values),
      ...(draw.pick([true, false]) && { groupForwardMask: draw.pick([0, 4, 0xfffc]) }),
    },
};

/** A link of which the kind's own schema says all. */
export function linkShape(type: string): Shape {
  const prefix = `${type.slice(0, 2).toLowerCase()}x`;
  const inputs = "bridgePort" in (kinds[type]?.args.shape ?? {}) ? portLinkInputs : deviceInputs;
  // probe-features.mjs calls what a kernel may lack as ip calls the type.
  return { prefix, weight: 2, needs: type.toLowerCase() as Feature, base: inPlace, inputs };
}

export const bridge: Shape = {
  prefix: "b",
  onlyNamed: ["name"],
  weight: 6,
  base: inPlace,
  inputs: {
    ...linkInputs,
    // What the kernel's clock can tell apart.
    forwardDelay: ({ draw }) => draw.pick([0, 1, 2, 4, 15, 30]),
    ageingTime: ({ draw }) => draw.pick([0, 100, 300, 1000]),
    groupForwardMask: ({ draw }) => 8 * draw.int(0, 8191),
  },
  needing: {
    ...{ vlanFiltering: "vlan filtering", vlanDefaultPvid: "vlan filtering", vlanProtocol: "vlan filtering" },
    master: "vrf",
  },
};

export const vethPair: Shape = {
  prefix: "v",
  weight: 4,
  base: (scene) => ({ ...inPlace(scene), peer: { name: scene.fresh("w"), ...inPlace(scene) } }),
  inputs: {
    ...portLinkInputs,
    "peer.addresses": linkInputs.addresses as NonNullable<typeof linkInputs.addresses>,
    "peer.bridgePort": portLinkInputs.bridgePort as NonNullable<typeof portLinkInputs.bridgePort>,
  },
};

export const pod: Shape = {
  prefix: "p",
  onlyNamed: ["name", "link"],
  weight: 5,
  base({ program, draw }) {
    const bridge = draw.maybe(program.filter(({ type }) => type === "Bridge"));
    if (!bridge) return undefined;
    const { netns } = bridge.inputs;
    return { bridge: { ref: bridge.name }, ...(netns !== undefined && { netns }) };
  },
  inputs: {
    ...linkInputs,
    link: ({ fresh }) => fresh("l"),
    gateway: (scene, values) => gateway(scene, values, addresses4),
    gateway6: (scene, values) => gateway(scene, values, addresses6),
  },
  fits(program, { inputs }) {
    const { bridge, netns, addresses = [], gateway, gateway6 } = inputs;
    const there = isRef(bridge) ? find(program, bridge.ref) : undefined;
    const near = !there || netnsOf(program, there) === netnsName(program, netns);
    const networks = (addresses as string[]).map(networkOf);
    return (
      near && [gateway, gateway6].every((each) => each === undefined || networks.includes(networkOf(String(each))))
    );
  },
};

export const dummy: Shape = {
  prefix: "d",
  weight: 4,
  onlyNamed: ["name"],
  needs: "dummy",
  base: inPlace,
  inputs: portLinkInputs,
};

export const ifb: Shape = { ...linkShape("Ifb"), without: { mac: "the kernel changes none" } };

export const tap: Shape = {
  ...linkShape("Tap"),
  inputs: {
    ...portLinkInputs,
    user: ({ draw }) => draw.pick(["root", "nobody"]),
    group: ({ draw }) => draw.pick(["root", "nogroup"]),
  },
  without: {
    mode: "they differ in what they refuse",
    ...{ speed: "what is looked at does not tell it", duplex: "as speed", autoneg: "as speed" },
  },
};

export const ipvlan: Shape = {
  ...linkShape("Ipvlan"),
  without: {
    ...{ mac: "it is that of the link below", arp: "the mode says it" },
    ...{ mode: "all on one link below have the same", flag: "all on one link below have the same" },
  },
};

/** Two of a number cannot be. */
export const xfrmInterface: Shape = {
  ...linkShape("XfrmInterface"),
  needs: "xfrm",
  base: (scene) => ({ ...inPlace(scene), ifId: scene.draw.int(1, 1_000_000) }),
  without: { mac: "it has none", ifId: "each has its own" },
};

export const vlan: Shape = {
  ...linkShape("Vlan"),
  inputs: {
    ...portLinkInputs,
    ingressQosMap: ({ draw }) => [
      { from: draw.int(0, 3), to: draw.int(1, 9) },
      { from: 5, to: 1 },
    ],
    egressQosMap: ({ draw }) => [{ from: draw.int(0, 20), to: draw.int(1, 7) }],
  },
};

const checks = ({ draw }: Scene, { miimon = 100 }: Values) => Number(miimon) * draw.int(1, 3) || undefined;
export const bond: Shape = {
  ...linkShape("Bond"),
  inputs: {
    ...portLinkInputs,
    miimon: ({ draw }) => draw.pick([50, 100]),
    ...{ upDelay: checks, downDelay: checks, peerNotifyDelay: checks },
  },
};

/** Two with the same ends cannot be. */
export const tunnel: Shape = {
  ...linkShape("Tunnel"),
  base: (scene) => ({ ...inPlace(scene), type: "gretap", key: scene.draw.int(1, 1_000_000) }),
  inputs: {
    ...portLinkInputs,
    local: ({ draw }) => draw.pick(["10.0.0.1", "10.0.0.2"]),
    remote: ({ draw }) => draw.pick(["10.0.0.3", "10.0.0.4"]),
  },
  without: {
    ...{ vni: "it is for geneve", destinationPort: "it is for geneve" },
    ...{ type: "they differ in what they refuse", key: "each has its own" },
    ...{ erspan: "it is for another type", sixRd: "it is for another type" },
    mtu: "the kernel's own depends on the routes that there are when it is made",
  },
};

/** Its number is its own in a namespace, too. */
export const vxlan: Shape = {
  ...linkShape("Vxlan"),
  inputs: {
    ...portLinkInputs,
    vni: ({ draw }, { external }) => (external ? undefined : draw.int(1, 1000)),
    group: ({ draw }, { link, remote, local }) =>
      link && !remote && !String(local ?? "").includes(":") ? draw.pick(["239.1.1.1", "239.1.1.2"]) : undefined,
  },
  // The link below is then in that namespace.
  without: { createdIn: "what is looked at does not tell it" },
};

const [wgKey, otherWgKey] = [Buffer.alloc(32, 8), Buffer.alloc(32, 16)].map((bytes) => bytes.toString("base64"));

export const wireguard: Shape = {
  ...linkShape("Wireguard"),
  base: (scene) => ({ ...inPlace(scene), privateKey: wgKey }),
  inputs: {
    ...linkInputs,
    privateKey: ({ draw }) => draw.pick([wgKey, otherWgKey]),
    peers: ({ draw }) => [
      {
        publicKey: draw.pick([wgKey, otherWgKey]),
        allowedIps: draw.pick([[], ["10.77.0.0/16"], ["10.78.0.0/16", "fd78::/64"]]),
        ...(draw.pick([true, false]) && { persistentKeepalive: draw.int(1, 65535) }),
      },
    ],
  },
  without: {
    createdIn: "the kernel does not tell it",
    addrgenmode: "there is one value",
    listenPort: "two in one namespace cannot have the same",
  },
};

/** The next hop of a pod: another address of one of its networks. */
function gateway({ draw }: Scene, { addresses = [] }: Values, pool: readonly string[]): unknown {
  const sameFamily = (addresses as string[]).filter((each) => each.includes(":") === pool[0]?.includes(":"));
  const address = draw.maybe(sameFamily);
  return address && draw.maybe(hosts(address).filter((each) => !sameFamily.some((one) => one.startsWith(`${each}/`))));
}
