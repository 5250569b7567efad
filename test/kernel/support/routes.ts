import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

/** Two veth pairs whose near ends have addresses of both IP versions, so that next hops can be reached. */
export async function plumb(world: World, netns: string): Promise<void> {
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  for (const name of ["d0", "d1"]) {
    const n = name.slice(1);
    await ip("link", "add", "name", name, "type", "veth", "peer", "name", `p${n}`);
    await ip("link", "set", "dev", `p${n}`, "up");
    await ip("link", "set", "dev", name, "up");
    for (const host of ["1", "2"]) {
      await ip("addr", "add", `10.${n}.0.${host}/24`, "dev", name);
      await ip("addr", "add", `2001:db8:${n}::${host}/64`, "dev", name, "nodad");
    }
  }
}

/** The route to a destination in a table, as `ip` prints it. */
export async function readRoute(
  world: World,
  netns: string,
  family: string,
  destination: string,
  table = "main",
): Promise<Values | undefined> {
  const { stdout } = await world.try("ip", "-n", netns, family, "-o", "-d", "route", "list", "table", table);
  const lines = stdout.split("\n").filter((line) => line.split(" ").includes(destination));
  const [words = []] = lines.map((line) => line.trim().split(/\s+/));
  const attributes = words
    .join(" ")
    .replace(/ encap .*? (?=via|dev)/, " ")
    .split(" ");
  const after = (word: string) => (attributes.includes(word) ? attributes[attributes.indexOf(word) + 1] : undefined);
  if (words.length === 0) return undefined;
  return {
    lines: lines.length,
    type: words[0],
    via: after("via"),
    device: after("dev"),
    source: after("src"),
    proto: after("proto"),
    metric: after("metric"),
    mtu: after("mtu"),
    advmss: after("advmss"),
    scope: after("scope"),
    onlink: words.join(" ").split("nexthop ")[0]?.includes(" onlink"),
    encap: / encap (.*?) (?=via|dev)/.exec(words.join(" ").split("nexthop ")[0] ?? "")?.[1],
    hops: words
      .join(" ")
      .split("nexthop ")
      .slice(1)
      .map((hop) => hop.trim().replace(/ \\$/, "")),
  };
}

/** The beginning of an encapsulation as `ip` prints it. */
const encapOf = ({ type, labels, id, source, destination, mode, segments, action, ...rest }: Values) => {
  const list = (segments as string[] | undefined)?.join(" ");
  const words = Object.entries(rest).map(([key, value]) => `${key.toLowerCase()} ${value}`);
  if (type === "mpls") return [type, (labels as number[]).join("/"), ...words].join(" ");
  if (type === "seg6") return new RegExp(`^seg6 mode ${mode ?? "encap"} segs \\d \\[ ${list}( ::)? \\]$`);
  if (type === "seg6local" && list) return new RegExp(`^seg6local action ${action} segs \\d \\[ ${list}( ::)? \\]$`);
  if (type === "seg6local") return ["seg6local", "action", action, ...words].join(" ");
  const any = type === "ip" ? "0.0.0.0" : "::";
  const [ttl, tos] = type === "ip" ? ["ttl", "tos"] : ["hoplimit", "tc"];
  return `${type} id ${id ?? 0} src ${source ?? any} dst ${destination} ${ttl} ${rest.ttl ?? 0} ${tos} ${rest.tos ?? 0}`;
};

const expectedEncap = (encapsulation: Values | undefined) => {
  const words = encapsulation && encapOf(encapsulation);
  return words instanceof RegExp ? expect.stringMatching(words) : words;
};

export const expected = ({
  protocol,
  encapsulation,
  via,
  device,
  source,
  type,
  mtu,
  advmss,
  onlink,
  scope,
  nextHops,
}: Values) => ({
  lines: 1,
  type: type ?? "unicast",
  proto: protocol === undefined ? "157" : String(protocol),
  encap: expectedEncap(encapsulation as Values | undefined),
  ...(device === undefined ? {} : { device }),
  ...(scope === undefined ? {} : { scope }),
  ...{ via: nextHops ? expect.anything() : via, source, onlink: onlink ?? false },
  ...{ mtu: mtu === undefined ? undefined : String(mtu), advmss: advmss === undefined ? undefined : String(advmss) },
  hops: ((nextHops as Values[]) ?? []).map(({ via, weight = 1, onlink }) =>
    expect.stringMatching(new RegExp(`^(encap .*)?via ${via} dev \\S+ weight ${weight}${onlink ? " onlink" : ""}$`)),
  ),
});
