import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Case } from "./case";
import type { Feature } from "./features";
import { readLink } from "./links";
import type { World } from "./world";

interface VrfCase {
  readonly kind: AnyKind;
  readonly needs: Feature;
  /** The inputs of the kind, without those of all links. */
  readonly inputs: Values;
}

/** The case of a link in a Vrf, on a veth `low` if it needs a link below. */
export function vrfMemberCase(world: World, { kind, needs, inputs }: VrfCase): Case {
  const netns = world.netns("a");
  const [name, red, blue] = [world.name("x"), world.name("r"), world.name("s")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    ...{ kind, needs },
    async prepare() {
      await ip("link", "add", "name", "low", "up", "type", "veth", "peer", "name", "far");
      await ip("link", "add", "name", red, "up", "type", "vrf", "table", "10");
      await ip("link", "add", "name", blue, "up", "type", "vrf", "table", "11");
    },
    inputs: { name, netns, addresses: ["10.9.0.1/24", "2001:db8::1/64"], master: red, ...inputs },
    actual: () => readLink(world, netns, name),
    expected: ({ master = "", addresses }: Values) => ({
      master,
      addresses: expect.arrayContaining(addresses as string[]),
    }),
    updates: [
      { what: "another", change: { master: blue } },
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
