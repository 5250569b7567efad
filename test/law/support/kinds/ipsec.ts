import type { Values } from "../../../../provider/src/core/check";
import type { Program, Resource } from "../program";
import { netnsName, resourcesIn } from "../scene";
import type { Scene, Shape } from "../shapes";
import { inPlace } from "./place";

// For packets to where nobody sends any: what is looked at otherwise passes as ever.

const networks = ["198.18.0.0/24", "198.18.1.0/25", "198.18.2.7/32"];
const hosts = ["198.19.0.1", "198.19.0.2"];
const tunnel = { source: "198.19.0.1", destination: "198.19.0.2", mode: "tunnel" };
const templates = [[], [tunnel], [{ ...tunnel, spi: 257, reqid: 3 }], [{ level: "use" }, { protocol: "ah" }]];
const ports = [undefined, 80, 443];

const packets: Shape["inputs"] = {
  source: ({ draw }) => draw.pick(networks),
  destination: ({ draw }) => draw.pick(networks),
  protocol: ({ draw }) => draw.pick(["tcp", "udp"]),
  sourcePort: ({ draw }, { protocol }) => (protocol === undefined ? undefined : draw.pick(ports)),
  destinationPort: ({ draw }, { protocol }) => (protocol === undefined ? undefined : draw.pick(ports)),
  mark: ({ draw }) => draw.pick(["0x1", "0x1/0xff"]),
  ifId: ({ draw }) => draw.int(1, 3),
};

/** Is no other one the kernel's same? */
function isAlone(type: string, key: (inputs: Values) => unknown) {
  return (program: Program, { name, inputs }: Resource) =>
    resourcesIn(program, netnsName(program, inputs.netns), type).every(
      (each) => each.name === name || JSON.stringify(key(each.inputs)) !== JSON.stringify(key(inputs)),
    );
}

export const xfrmPolicy: Shape = {
  prefix: "y",
  weight: 2,
  base: (scene) => ({
    ...inPlace(scene),
    direction: scene.draw.pick(["in", "out", "fwd"]),
    source: scene.draw.pick(networks),
    destination: scene.draw.pick(networks),
  }),
  inputs: { ...packets, templates: ({ draw }) => draw.pick(templates) },
  fits: isAlone(
    "XfrmPolicy",
    ({ direction, source, destination, protocol, sourcePort, destinationPort, mark, ifId }) => [
      ...[direction, source, destination, protocol, sourcePort, destinationPort, mark, ifId],
    ],
  ),
};

const aead = (byte: string) => ({ algorithm: "rfc4106(gcm(aes))", key: `0x${byte.repeat(20)}` });

export const xfrmState: Shape = {
  prefix: "x",
  weight: 2,
  needs: "ipsec states",
  base: (scene: Scene) => ({
    ...inPlace(scene),
    source: scene.draw.pick(hosts),
    destination: scene.draw.pick(hosts),
    spi: scene.draw.int(257, 260),
    aead: aead("11"),
  }),
  inputs: {
    spi: ({ draw }) => draw.int(257, 260),
    source: ({ draw }) => draw.pick(hosts),
    destination: ({ draw }) => draw.pick(hosts),
    aead: ({ draw }) => aead(draw.pick(["11", "22"])),
    selector: ({ draw }) => ({ source: draw.pick(networks), destination: draw.pick(networks) }),
    flags: ({ draw }) => draw.pick([[], ["noecn"], ["icmp", "noecn"]]),
    ifId: ({ draw }) => draw.int(1, 3),
    encapsulation: ({ draw }) => ({ sourcePort: draw.pick([4500, 4501]) }),
  },
  without: {
    protocol: "ah has other algorithms",
    encryption: "aead does both",
    authentication: "aead does both",
    mark: "the kernel takes one without a mark for one with any",
  },
  fits: isAlone("XfrmState", ({ destination, spi }) => [destination, spi]),
};
