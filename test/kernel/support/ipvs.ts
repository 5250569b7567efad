import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

/** A service as `ipvsadm -L -n` lists it. The kinds read `ipvsadm -S -n`. */
export async function readService(world: World, netns: string, printed: string): Promise<Values | undefined> {
  const line = (await list(world, netns)).find((each) => each === printed || each.startsWith(`${printed} `));
  if (line === undefined) return undefined;
  const words = line.slice(printed.length).trim().split(/\s+/);
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  return {
    scheduler: words[0],
    flags: /\(([a-z,0-9-]+)\)/.exec(line)?.[1]?.split(",").sort() ?? [],
    persistent: after("persistent"),
    mask: after("mask"),
    onePacket: words.includes("ops"),
  };
}

/** A backend of the only service of a namespace. */
export async function readBackend(world: World, netns: string, endpoint: string): Promise<Values | undefined> {
  const lines = await list(world, netns, "ipvsadm -L -n --tun-info; ipvsadm -L -n --thresholds");
  const [words, limits] = lines.filter((each) => each.startsWith(`-> ${endpoint} `)).map((each) => each.split(/\s+/));
  return (
    words && {
      ...{ forwarding: words[2], tunnel: words[3]?.replace(/:[+-]c$/, ""), weight: words[4] },
      ...{ upper: limits?.[2], lower: limits?.[3] },
    }
  );
}

async function list(world: World, netns: string, script = "ipvsadm -L -n"): Promise<string[]> {
  return (await world.script(netns, script)).split("\n").map((line) => line.trim());
}
