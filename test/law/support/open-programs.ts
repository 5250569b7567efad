import type { Resource } from "./program";

export const between = { byHand: [], refreshes: false };
export const n1 = { name: "n1", type: "Netns", inputs: {} };
export const inN1 = { netns: { ref: "n1" } };

export function bridgeAt(name: string, address: string): Resource {
  return { name, type: "Bridge", inputs: { ...inN1, addresses: [address] } };
}

export function routeVia(via: string, link: string): Resource {
  return {
    ...{ name: "r1", type: "Route", inputs: { ...inN1, destination: "10.8.0.0/16", via } },
    dependsOn: [link],
  };
}

export function sleeperIn(netns: string): Resource {
  return { name: "x1", type: "Process", inputs: { netns, command: ["sleep", "1000"] }, dependsOn: ["n1"] };
}

export function macvlanOn(link: string): Resource {
  return { name: "m1", type: "Macvlan", inputs: { ...inN1, link: { ref: link } } };
}

/** A link that asks for the mtu that it would have anyway. */
export function wideOn(link: string): Resource {
  const { inputs, ...macvlan } = macvlanOn(link);
  return { ...macvlan, inputs: { ...inputs, mtu: 1500 } };
}

export function portOf(master: string): Resource {
  const peer = { name: "w1", ...inN1 };
  return { name: "v1", type: "VethPair", inputs: { ...inN1, peer, mtu: 1280, master: { ref: master } } };
}
