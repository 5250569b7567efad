import type { Values } from "../../../../provider/src/core/check";
import { lack } from "../../../kernel/support/features";
import { netnsName, resourcesIn } from "../scene";
import type { Scene, Shape } from "../shapes";
import { inPlace } from "./place";

const web = { name: "web", addresses: ["10.96.0.1"], ports: [{ port: 80, targetPort: 8080 }] };
const onNode = { name: "on/node", addresses: ["10.96.0.2"], ports: [{ port: 80, nodePort: 30080 }] };
const both = { name: "both", addresses: ["10.96.0.3", "fd00:96::3"], ports: [{ port: 53, protocol: "udp" }] };

const tables: readonly (readonly Values[])[] = [
  [],
  [{ ...web, endpoints: ["10.0.1.2", "10.0.1.3"] }],
  [{ ...web, endpoints: ["10.0.1.3"], sessionAffinity: { timeoutSeconds: 60 } }, onNode],
  [{ ...onNode, endpoints: ["10.0.1.2", { address: "10.0.9.2", local: false }], externalTrafficPolicy: "Local" }],
  [
    { ...both, endpoints: ["10.0.1.2", "fd00:1::2"] },
    { ...web, externalAddresses: ["192.0.2.1"] },
  ],
];

const hasIpvs = lack("ipvs") === undefined;

export const serviceTable: Shape = {
  prefix: "k",
  weight: 2,
  base: (scene) => ({ ...inPlace(scene), services: scene.draw.pick(tables) }),
  inputs: {
    mode: ({ draw }) => draw.pick(["iptables", "nftables", ...(hasIpvs ? ["ipvs"] : [])]),
    ...(hasIpvs && {
      scheduler: ({ draw }: Scene, { mode }: Values) => (mode === "ipvs" ? draw.pick(["rr", "wrr"]) : undefined),
    }),
    services: ({ draw }) => draw.pick(tables),
    nodeAddresses: ({ draw }, { mode }) =>
      mode === "ipvs" ? ["192.0.2.7"] : mode === "nftables" ? draw.pick([["192.0.2.7"], []]) : undefined,
    families: ({ draw }, { services }) =>
      JSON.stringify(services).includes("fd00") ? undefined : draw.pick([["ipv4"], ["ipv4", "ipv6"]]),
    podCidr: ({ draw }) => draw.pick([["10.0.1.0/24"], ["10.0.0.0/16"]]),
    serviceCidr: ({ draw }, { mode }) => (mode === "nftables" ? draw.pick([["10.96.0.0/16"], []]) : undefined),
    masqueradeAll: ({ draw }) => draw.pick([true, false]),
  },
  ...(!hasIpvs && { without: { scheduler: "is for mode ipvs, which this kernel lacks" } }),
  fits(program, { name, inputs }) {
    const tablesThere = resourcesIn(program, netnsName(program, inputs.netns), "ServiceTable");
    return tablesThere.every((each) => each.name === name);
  },
};
