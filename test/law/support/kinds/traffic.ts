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
  fits(program, { name: own, inputs: { netns, device } }) {
    const name = netnsName(program, netns);
    const [link] = linkNamed(program, netns, device);
    const others = resourcesIn(program, name, "Qdisc").filter((each) => each.name !== own);
    const isTwin = others.some((each) => linkNamed(program, each.inputs.netns, each.inputs.device)[0]?.by === link?.by);
    return link !== undefined && !isTwin;
  },
};
