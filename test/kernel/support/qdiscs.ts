import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

/** The queueing discipline at a place of a link, as `tc` prints it. */
export async function readQdisc(
  world: World,
  netns: string,
  device: string,
  place = "root",
): Promise<Values | undefined> {
  const show = `ip link show dev ${device} >/dev/null 2>&1 || exit 0; tc qdisc show dev ${device}`;
  const lines = (await world.script(netns, show)).split("\n").filter((line) => line && !line.includes(" 0: "));
  const line = lines.find((each) => each.startsWith(`qdisc ${place} `) || each.includes(` ${place} `));
  return line === undefined
    ? undefined
    : {
        words: comparable(line).replace(/^qdisc /, ""),
      };
}

/** The root queueing discipline of a link as `tc` prints it; undefined if there is no link. */
export async function readRootQdisc(world: World, netns: string, name: string): Promise<string | undefined> {
  const there = `ip link show dev ${name} >/dev/null 2>&1 || exit 0; echo there; tc qdisc show dev ${name} root`;
  const [first, line = ""] = (await world.script(netns, there)).split("\n").filter(Boolean);
  return first && comparable(line);
}

/** A line of tc without numbers that the kernel draws. Older versions of tc print no seed. */
function comparable(line: string): string {
  return line
    .replace(/ +/g, " ")
    .replace(/ (refcnt|seed) \d+/g, "")
    .trim();
}

/** A veth pair, both ends up. */
export async function plumb(world: World, netns: string): Promise<void> {
  await world.run("ip", "-n", netns, "link", "add", "d0", "type", "veth", "peer", "name", "p0");
  for (const name of ["p0", "d0"]) await world.run("ip", "-n", netns, "link", "set", "dev", name, "up");
}
