import type { Values } from "../../../../provider/src/core/check";
import { networkOf, places } from "../scene";
import type { Scene } from "../shapes";
import { addresses4, addresses6 } from "../values";

/** Mostly a namespace that the program makes, at times the host's own. */
export function place({ program, draw }: Scene): unknown {
  const all = places(program);
  return all.length === 0 || draw.chance(15) ? undefined : draw.pick(all);
}

/** In a namespace, as few inputs as there may be. */
export function inPlace(scene: Scene): Values {
  const netns = place(scene);
  return netns === undefined ? {} : { netns };
}

/** The other addresses of a network. */
export function hosts(address: string): string[] {
  const pool = address.includes(":") ? addresses6 : addresses4;
  return pool.map((each) => each.replace(/\/.*/, "")).filter((each) => networkOf(each) === networkOf(address));
}
