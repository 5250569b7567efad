import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { at, integer, parseAt, port } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type FouPort, showFouPorts } from "../../tools/ip/fou";
import { fouHoldings, udpHolders } from "./udp-ports";

const types = ["fou", "gue"] as const;

const args = {
  /** UDP port that it receives at. */
  port: port.meta({ replace: true }),
  ...inNetns,
  /** IP version of the outer packets: ipv4 or ipv6. */
  family: z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }).default("ipv4").meta({ replace: true }),
  /** What is behind the UDP header: `fou`, a packet of `ipProtocol`; `gue`, a header of Generic UDP Encapsulation, which says it. */
  type: z.enum(types, { error: "must be fou or gue" }).default("fou").meta({ replace: true }),
  /** IP protocol of the packets inside, its number: 4 for `ipip`, 41 for `sit`, 47 for `gre`. With type `fou` alone, which needs it. */
  ipProtocol: integer(1, 255).optional().meta({ replace: true }),
} as const;

type Key = Pick<Args<typeof args>, "port" | "family" | "netns">;

export const fou = defineKind({
  type: "Fou",
  summary:
    "A UDP port at which the kernel takes packets out of UDP (Foo over UDP), as `ip fou` makes it: what a Tunnel with `encapsulation` sends to. Needs the module fou, for IPv6 fou6.",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `PORT@NETNS`, for IPv6 `PORT ipv6@NETNS` */
  id: idOf,

  holds: { inputs: ["netns", "port"], namespace: ({ netns }) => netns, of: fouHoldings, holders: udpHolders },

  *rules({ type, ipProtocol }) {
    if (type === "fou" && ipProtocol === undefined) yield ["ipProtocol", "is required with type fou"];
    if (type === "gue" && ipProtocol !== undefined) yield ["ipProtocol", "must not be given with type gue"];
  },

  async observe(host, { netns, ...key }) {
    const entry = (await showFouPorts(host, netns)).find((each) => isAt(each, key));
    if (!entry) return undefined;
    const unsaid = unsaidOf(entry);
    return {
      owner: unsaid ? `a port with ${unsaid}` : null,
      inputs: { type: entry.gue === null ? "gue" : "fou", ipProtocol: entry.ipproto },
      outputs: {},
    };
  },

  async ensure(host, { netns, type, ipProtocol, ...key }, observed) {
    if (observed) return;
    const protocolWords = type === "gue" ? ["gue"] : ["ipproto", String(ipProtocol)];
    await ipAll(host, netns, [["fou", "add", "port", String(key.port), ...protocolWords]], versionOptions(key));
  },

  async remove(host, { netns, ...key }) {
    await ipAll(host, netns, [["fou", "del", "port", String(key.port)]], versionOptions(key));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, number, six] = /^(\d{1,5})( ipv6)?$/.exec(name) ?? [];
      return number === undefined ? undefined : { port: Number(number), family: familyNamed(six !== undefined), netns };
    },
    async list(host, netns) {
      const ports = await showFouPorts(host, netns);
      return ports.map((each) => {
        const family = familyNamed(each.family === "inet6");
        const unsaid = unsaidOf(each);
        return { id: idOf({ port: each.port, family, netns }), omit: unsaid && `there is no input for ${unsaid}` };
      });
    },
  },
});

function idOf({ port, family, netns }: Key): string {
  return at(family === "ipv6" ? `${port} ipv6` : String(port), netns);
}

function isAt({ port, family }: FouPort, key: Omit<Key, "netns">): boolean {
  return port === key.port && (family === "inet6") === (key.family === "ipv6");
}

function unsaidOf({ local, peer, dev }: FouPort): string | undefined {
  return Object.entries({ local, peer, dev })
    .find(([, value]) => value !== undefined)
    ?.join(" ");
}

function versionOptions({ family }: Pick<Key, "family">): string[] {
  return [family === "ipv6" ? "-6" : "-4"];
}

function familyNamed(isSix: boolean): Key["family"] {
  return isSix ? "ipv6" : "ipv4";
}
