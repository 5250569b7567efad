import type { Values } from "../../../../provider/src/core/check";
import { find, isRef, type Program } from "../program";
import { netnsName, resourcesIn } from "../scene";
import type { Scene, Shape } from "../shapes";
import { inPlace } from "./place";

// What rules of iptables are in, and look into.

/** Tables in which programs have chains of their own, each with the built-in chain that jumps there. */
const tables = { filter: "FORWARD", nat: "PREROUTING", mangle: "FORWARD" } as const;
const tableNames = Object.keys(tables);

export const iptablesChain: Shape = {
  prefix: "c",
  weight: 3,
  base: inPlace,
  inputs: {
    family: ({ draw }) => draw.pick(["ipv4", "ipv6"]),
    table: ({ draw }) => draw.pick(tableNames),
  },
};

/** A rule in a chain that the program makes, or one that jumps there. */
export function ruleAbout({ program, draw }: Scene, to: Values): Values | undefined {
  const chain = draw.maybe(resourcesIn(program, netnsName(program, to.netns), "IptablesChain"));
  if (!chain) return undefined;
  const { family, table = "filter" } = chain.inputs;
  const where = { ...to, ...(family !== undefined && { family }), ...(table !== "filter" && { table }) };
  const target = { ref: chain.name };
  return draw.chance(50)
    ? { ...where, chain: target, target: draw.pick(["RETURN", "ACCEPT"]) }
    : { ...where, chain: tables[table as keyof typeof tables], target };
}

/** Are the chains that a rule names where the rule is? */
export function hasChains(program: Program, inputs: Values): boolean {
  const place = ({ netns, family, table }: Values) =>
    JSON.stringify([netnsName(program, netns), family ?? "ipv4", table ?? "filter"]);
  return [inputs.chain, inputs.target].filter(isRef).every(({ ref }) => {
    const chain = find(program, ref);
    return chain?.type === "IptablesChain" && place(chain.inputs) === place(inputs);
  });
}

/** A set of the rule's namespace and IP version. */
export function matchSet({ program, draw }: Scene, { netns, family = "ipv4" }: Values): unknown {
  const sets = resourcesIn(program, netnsName(program, netns), "IpSet");
  const set = draw.maybe(sets.filter(({ inputs }) => (inputs.family ?? "ipv4") === family));
  return set && { name: { ref: set.name }, flags: [draw.pick(["src", "dst"])] };
}

/** Is the set that a rule names where the rule is? */
export function hasSet(program: Program, { netns, family = "ipv4", matchSet }: Values): boolean {
  const name = (matchSet as { readonly name: unknown } | undefined)?.name;
  if (!isRef(name)) return true;
  const set = resourcesIn(program, netnsName(program, netns), "IpSet").find((each) => each.name === name.ref);
  return set !== undefined && (set.inputs.family ?? "ipv4") === family;
}

export const iptablesPolicy: Shape = {
  prefix: "y",
  weight: 2,
  base: (scene) => ({
    ...inPlace(scene),
    ...(scene.draw.chance(30) && { family: "ipv6" }),
    ...(scene.draw.chance(30) && { table: "mangle" }),
    chain: "FORWARD",
    policy: scene.draw.pick(["ACCEPT", "DROP"]),
  }),
  inputs: { policy: ({ draw }) => draw.pick(["ACCEPT", "DROP"]) },
  without: { chain: "what the others do not need either", family: "it tells it from others", table: "likewise" },
  fits(program, { name, inputs: { netns, family, table } }) {
    const others = resourcesIn(program, netnsName(program, netns), "IptablesPolicy");
    return others.every((each) => each.name === name || each.inputs.family !== family || each.inputs.table !== table);
  },
};

export const ipSet: Shape = {
  prefix: "t",
  weight: 2,
  needs: "ipset",
  base: (scene) => ({ ...inPlace(scene), type: scene.draw.pick(["hash:ip", "hash:net"]) }),
  inputs: {
    type: ({ draw }) => draw.pick(["hash:ip", "hash:net"]),
    family: ({ draw }, { entries }) => (entries === undefined ? draw.pick(["ipv4", "ipv6"]) : undefined),
    timeout: ({ draw }) => draw.pick([600, 3600]),
    counters: ({ draw }) => draw.pick([true, false]),
    maxElements: ({ draw }) => draw.pick([16, 1024]),
    entries: ({ draw }, { family }) =>
      draw.some(family === "ipv6" ? ["fd00:1::1", "fd00:1::2"] : ["10.0.1.1", "10.0.1.2", "10.0.2.1"], 3),
  },
};
