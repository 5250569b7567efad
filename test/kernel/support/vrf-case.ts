import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Case } from "./case";
import type { Feature } from "./features";
import type { World } from "./world";

interface VrfCase {
  readonly kind: AnyKind;
  readonly needs: Feature;
  /** Its own inputs. */
  readonly inputs: Values;
}

/** The case of a link that can be in a Vrf and in no bridge, on a veth `low` where it needs a link below. */
export function vrfMemberCase(world: World, { kind, needs, inputs }: VrfCase): Case {
  const netns = world.netns("a");
  const [name, red] = [world.name("x"), world.name("r")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    ...{ kind, needs },
    async prepare() {
      await ip("link", "add", "name", "low", "up", "type", "veth", "peer", "name", "far");
      await ip("link", "add", "name", red, "up", "type", "vrf", "table", "10");
    },
    inputs: { name, netns, addresses: ["10.9.0.1/24"], master: red, ...inputs },
    async look() {
      const all = await ip("-o", "link", "show");
      const shown = all.split("\n").find((line) => line.includes(` ${name}@`));
      return shown === undefined ? undefined : { isMember: shown.includes(` master ${red} `) };
    },
    expected: ({ master }) => ({ isMember: master === red }),
    updates: [
      { what: "taken away", change: { master: undefined } },
      { what: "in one again", change: { master: red } },
    ],
    replaces: {},
    drifts: [{ what: "in none", input: "master", by: () => ip("link", "set", "dev", name, "nomaster") }],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
}
