import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

/** An address as `ip` prints it. */
export async function readAddress(
  world: World,
  netns: string,
  device: string,
  address: string,
): Promise<Values | undefined> {
  const { stdout } = await world.try("ip", "-n", netns, "-o", "addr", "show", "dev", device);
  const line = stdout.split("\n").find((each) => each.includes(` ${address} `));
  if (line === undefined) return undefined;
  const [before = ""] = line.split("\\");
  const words = before.replace(/^.*? inet6? /, "").replace(/ (tentative|secondary)/g, "");
  return { words: words.trim().replace(/ metric 256\b/, "") };
}
