import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Case } from "./case";
import type { Feature } from "./features";
import {
  everyLinksDrifts,
  everyLinksUpdates,
  everyPortsDrifts,
  everyPortsUpdates,
  expectedLink,
  readDetails,
} from "./links";
import type { World } from "./world";

type Obstacle = NonNullable<Case["faults"]>["obstacle"];

interface LinkCase {
  readonly kind: AnyKind;
  readonly needs?: Feature;
  /** The inputs of the kind, without those of all links. */
  readonly inputs: Values;
  /** The values that `expectedLink` takes for inputs that are not set. */
  readonly defaults?: (inputs: Values) => Values;
  /** What `ip` prints of the inputs of the kind. */
  readonly details: (inputs: Values) => unknown;
  /** The words of `ip link add` by hand: those before the name, and those from `type` on. */
  readonly by: { readonly below?: readonly string[]; readonly type: readonly string[] };
  readonly updates?: Case["updates"];
  readonly replaces: Values;
  /** Changes of the inputs of the kind by hand: `ip link set dev NAME type TYPE ...`. */
  readonly drifts?: readonly { readonly input: string; readonly by: readonly string[] }[];
  readonly isPort?: boolean;
  /** Something by hand that prevents a create. It gets the namespace's `ip`, and the name of a bridge there. */
  readonly obstacle?: (ip: (...args: string[]) => Promise<string>, bridge: string) => Obstacle;
  /** The inputs of all links that this kind does not have. */
  readonly lacks?: readonly ("mac" | "arp")[];
}

/** The case of a kind of link, on a veth `low` if it needs a link below. It has all that is the same for each kind. */
export function linkCase(world: World, spec: LinkCase): Case {
  const { kind, needs, inputs, defaults = () => ({}), details, by, lacks = [], isPort = true } = spec;
  const netns = world.netns("a");
  const [name, bridge] = [world.name("x"), world.name("br")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const set = (...args: string[]) => ip("link", "set", "dev", name, ...args);
  const [type = ""] = by.type;
  return {
    ...{ kind, brief: false, ...(needs && { needs }) },
    async prepare() {
      await ip("link", "add", "name", "low", "mtu", "1400", "up", "type", "veth", "peer", "name", "far");
      await ip("link", "set", "dev", "far", "up");
      await ip("link", "add", "name", bridge, "type", "bridge");
    },
    inputs: { name, netns, addresses: ["10.9.0.1/24"], ...inputs },
    actual: () => readDetails(world, netns, name),
    expected: (values) => ({
      ...expectedLink({ ...defaults(values), ...values }, `localnet:${world.owner}`),
      details: details(values),
    }),
    updates: [
      { what: "mtu", change: { mtu: 1300 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      ...(lacks.includes("mac")
        ? []
        : [
            { what: "mac", change: { mac: "02:00:00:00:27:01" } },
            { what: "mac taken away", change: { mac: undefined } },
            { what: "another mac", change: { mac: "02:00:00:00:27:02" } },
          ]),
      { what: "addresses", change: { addresses: ["10.9.0.2/24", "2001:db8:27::2/64"] } },
      { what: "down", change: { up: false, addresses: ["10.9.0.2/24"] } },
      { what: "up, and promiscuous", change: { up: true, promiscuous: true, mtu: 1350 } },
      ...(spec.updates ?? []),
      ...everyLinksUpdates.map(({ what, change }) => ({ what, change: omit(change, lacks) })),
      ...(isPort
        ? [{ what: "in a bridge, and hairpin", change: { master: bridge, hairpin: true } }, ...everyPortsUpdates]
        : []),
    ],
    replaces: { name: "other", netns: "other", addrgenmode: "none", ...spec.replaces },
    drifts: [
      { what: "address removed", input: "addresses", by: () => ip("addr", "del", "10.9.0.2/24", "dev", name) },
      { what: "mtu", input: "mtu", by: () => set("mtu", "1290") },
      ...(lacks.includes("mac") ? [] : [{ what: "mac", input: "mac", by: () => set("address", "02:00:00:00:27:99") }]),
      ...everyLinksDrifts(set).filter(({ input }) => !(lacks as readonly string[]).includes(input)),
      ...(isPort
        ? [
            ...everyPortsDrifts(set),
            { what: "no hairpin", input: "hairpin", by: () => set("type", "bridge_slave", "hairpin", "off") },
            { what: "in no bridge", input: "master", by: () => set("nomaster") },
          ]
        : []),
      ...(spec.drifts ?? []).map((each) => ({
        what: each.by.join(" "),
        input: each.input,
        by: () => set("type", type, ...each.by),
      })),
      { what: "not promiscuous", input: "promiscuous", by: () => set("promisc", "off") },
      { what: "down", input: "up", by: () => set("down") },
    ],
    ignores: [{ what: "an address of another owner", by: () => ip("addr", "add", "10.8.0.1/24", "dev", name) }],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => (by.below ? ip("link", "del", "dev", "low") : world.run("ip", "netns", "del", netns)),
    foreign: {
      async make() {
        await ip("link", "add", ...(by.below ?? []), "name", name, "type", ...by.type);
        await ip("addr", "add", "10.9.0.1/24", "dev", name);
        await set("up");
      },
      differ: () => set("down"),
      remove: () => ip("link", "del", "dev", name),
    },
    faults: {
      tool: "ip",
      obstacle: spec.obstacle?.(ip, bridge) ?? { none: "nothing can hold a link that has no master" },
      impossible: { "no kernel module": "`ip` asks for it in the same call as for Dummy, and gets the same answer" },
    },
  };
}

function omit(values: Values, keys: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}
