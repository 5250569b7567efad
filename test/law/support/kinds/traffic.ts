import type { Program } from "../program";
import { linksIn, netnsName, resourcesIn } from "../scene";
import type { Shape } from "../shapes";
import { place } from "./place";
import { linkNamed } from "./routes";

/** Fast enough for what other resources send. */
const rates = [
  { rateKbit: 1_000_000, burstBytes: 100_000, latencyMs: 50 },
  { rateKbit: 100_000, burstBytes: 65_536, latencyMs: 20 },
];

export const qdisc: Shape = {
  prefix: "q",
  weight: 2,
  base(scene) {
    const { program, draw } = scene;
    const netns = place(scene);
    const link = draw.maybe(linksIn(program, netnsName(program, netns)));
    if (!link) return undefined;
    const options = draw.chance(70) ? { kind: "tbf", tbf: draw.pick(rates) } : { kind: "ingress" };
    return { ...(netns !== undefined && { netns }), device: link.value, ...options };
  },
  inputs: {
    tbf: ({ draw }, { kind }) => (kind === "tbf" ? draw.pick(rates) : undefined),
    handle: ({ draw }, { kind }) => (kind === "tbf" ? draw.pick(["1:", "2:"]) : undefined),
  },
  without: {
    device: "it goes with the namespace",
    kind: "its options go with it",
    parent: "there is no class for it",
    htb: "tc counts packets among what it tells of it",
    ...{ fq: "not every kernel has it", fqCodel: "not every kernel has it", prio: "not every kernel has it" },
    netem: "not every kernel has it",
  },
  needed: (program, { netns, device }) => linkNamed(program, netns, device).map(({ by }) => by),
  fits(program, { name: resourceName, inputs: { netns, device } }) {
    const name = netnsName(program, netns);
    const [link] = linkNamed(program, netns, device);
    const others = resourcesIn(program, name, "Qdisc").filter((each) => each.name !== resourceName);
    const isTwin = others.some((each) => linkNamed(program, each.inputs.netns, each.inputs.device)[0]?.by === link?.by);
    return link !== undefined && !isTwin;
  },
};

/** Of what comes in: there is no class for others. */
export const trafficFilter: Shape = {
  prefix: "tf",
  weight: 2,
  base({ program, draw }) {
    const qdisc = draw.maybe(program.filter(({ type, inputs }) => type === "Qdisc" && inputs.kind === "ingress"));
    if (!qdisc) return undefined;
    const { netns, device } = qdisc.inputs;
    const place = { ...(netns !== undefined && { netns }), device, parent: "ingress" };
    return { ...place, priority: draw.int(1, 3), kind: "u32" };
  },
  inputs: {
    handle: ({ draw }) => draw.int(1, 4095),
    priority: ({ draw }) => draw.int(1, 3),
    protocol: ({ draw }) => draw.pick(["ip", "ipv6", "arp"]),
    flowid: ({ draw }) => draw.pick(["1:1", "1:2"]),
    u32: ({ draw }) =>
      draw.chance(50) ? { destinationPort: draw.pick([80, 443]) } : { ipProtocol: draw.pick([6, 17]) },
    // Of actions, not every kernel has more.
    actions({ program, draw }, { netns }) {
      const link = draw.maybe(linksIn(program, netnsName(program, netns)));
      return link && [{ kind: draw.pick(["redirect", "mirror"]), device: link.value }];
    },
  },
  without: {
    device: "it goes with the namespace",
    ...{ flower: "not every kernel has it", fw: "not every kernel has it" },
  },
  needed: (program, { netns, device, actions = [] }) => [
    ...qdiscsAt(program, netns, device),
    ...(actions as { device?: unknown }[]).flatMap((each) =>
      linkNamed(program, netns, each.device).map(({ by }) => by),
    ),
  ],
  fits(program, { name: resourceName, inputs: { netns, device, priority, actions = [] } }) {
    const others = resourcesIn(program, netnsName(program, netns), "TrafficFilter").filter(
      (each) => each.name !== resourceName,
    );
    const isTwin = others.some(
      ({ inputs }) =>
        inputs.priority === priority &&
        linkNamed(program, inputs.netns, inputs.device)[0]?.by === linkNamed(program, netns, device)[0]?.by,
    );
    const areThere = (actions as { device?: unknown }[]).every(
      (each) => linkNamed(program, netns, each.device).length > 0,
    );
    return !isTwin && areThere && qdiscsAt(program, netns, device).length > 0;
  },
};

/** The queueing disciplines for what comes in by a link. */
function qdiscsAt(program: Program, netns: unknown, device: unknown): string[] {
  const [link] = linkNamed(program, netns, device);
  return resourcesIn(program, netnsName(program, netns), "Qdisc")
    .filter(({ inputs }) => inputs.kind === "ingress")
    .filter(({ inputs }) => linkNamed(program, inputs.netns, inputs.device)[0]?.by === link?.by && link !== undefined)
    .map(({ name }) => name);
}
