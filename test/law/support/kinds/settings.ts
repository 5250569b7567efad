import type { Program } from "../program";
import { linksIn, netnsName, resourcesIn } from "../scene";
import type { Shape } from "../shapes";
import { place } from "./place";

export const sysctl: Shape = {
  prefix: "s",
  weight: 3,
  base(scene) {
    const { program, draw } = scene;
    const netns = place(scene);
    const link = draw.maybe(linksIn(program, netnsName(program, netns)));
    const to = netns === undefined ? {} : { netns };
    if (link && draw.chance(40)) {
      const [key, values] = draw.pick(ofLink);
      return { ...to, key: `net/ipv4/conf/${link.name}/${key}`, value: draw.pick(values) };
    }
    const [key, values] = draw.pick(settings);
    return { ...to, key, value: draw.pick(values) };
  },
  inputs: {
    value: ({ draw }, { key }) => draw.pick(valuesOf(String(key))),
    key: ({ draw }) => draw.pick(settings)[0],
  },
  without: { onDelete: "with keep, destroy leaves the host otherwise" },
  needed(program, { netns, key }) {
    const words = String(key).split("/");
    return linksIn(program, netnsName(program, netns))
      .filter(({ name }) => words.includes(name))
      .map(({ by }) => by);
  },
  fits(program, { name, inputs: { netns, key, value } }) {
    const [, , conf, link = ""] = String(key).split("/");
    const there = linksIn(program, netnsName(program, netns)).some((each) => each.name === link);
    const others = resourcesIn(program, netnsName(program, netns), "Sysctl").filter((each) => each.name !== name);
    const twice = others.some((each) => variableOf(each.inputs.key) === variableOf(key));
    if (String(key).endsWith("/disable_ipv6") && hasIpv6(program, netnsName(program, netns))) return false;
    return (conf !== "conf" || link === "all" || there) && valuesOf(String(key)).includes(value as number) && !twice;
  },
};

/** Nothing of IPv6 can be where it is off. */
function hasIpv6(program: Program, netns: string): boolean {
  const ofLinks = linksIn(program, netns).flatMap((each) => each.addresses);
  const others = ["Route", "Address", "Neighbour"].flatMap((type) => resourcesIn(program, netns, type));
  const named = others.map(({ inputs }) => String(inputs.destination ?? inputs.address));
  return [...ofLinks, ...named].some((each) => each.includes(":"));
}

const ofLink: readonly (readonly [string, readonly number[]])[] = [
  ["rp_filter", [0, 1, 2]],
  ["proxy_arp", [0, 1]],
  ["forwarding", [0, 1]],
];

const settings: readonly (readonly [string, readonly number[]])[] = [
  ["net/ipv4/ip_forward", [0, 1]],
  ["net/ipv4/conf/all/forwarding", [0, 1]],
  ["net/ipv4/conf/all/rp_filter", [0, 1, 2]],
  ["net/ipv4/conf/all/send_redirects", [0, 1]],
  ["net/ipv6/conf/all/forwarding", [0, 1]],
  ["net/ipv6/conf/all/disable_ipv6", [0, 1]],
  ["net/core/somaxconn", [128, 1024]],
];

/** Two names of one variable. */
function variableOf(key: unknown): string {
  return String(key).replace("net/ipv4/conf/all/forwarding", "net/ipv4/ip_forward");
}

function valuesOf(key: string): readonly number[] {
  const last = key.split("/").at(-1);
  return (settings.find(([name]) => name === key) ?? ofLink.find(([name]) => name === last))?.[1] ?? [];
}
