import { z } from "zod";
import { familyOf, integer, port, unicast } from "../../schema/fields";
import { showLink } from "../../tools/ip/links";
import { deviceTo } from "../../tools/ip/routes";
import { defineLink } from "./define-link";
import { fallbackLinks } from "./link";
import { anyLowerLink, portArgs, vni } from "./options";
import { sixRdOption } from "./tunnel-6rd";
import { encapsulationBytes, encapsulationOption, encapsulationRules } from "./tunnel-encapsulation";
import { erspanBytes, erspanOption, erspanRules } from "./tunnel-erspan";

const over4 = ["ipip", "sit", "gre", "gretap", "erspan", "vti"];
const over6 = ["ip6tnl", "ip6gre", "ip6gretap", "vti6"];
const types = [...over4, ...over6, "geneve"];
const ethernet = ["gretap", "erspan", "ip6gretap", "geneve"];
const keyed = ["gre", "gretap", "erspan", "ip6gre", "ip6gretap", "vti", "vti6"];
const withoutTtl = ["vti", "vti6"];

/** The bytes of the outer headers; a key of GRE takes 4 more. */
const overheads: Readonly<Record<string, number>> = {
  ...{ ipip: 20, sit: 20, gre: 24, gretap: 38, erspan: 38, vti: 20 },
  ...{ ip6tnl: 48, ip6gre: 52, ip6gretap: 66, vti6: 40, geneve: 50 },
};
/** The mtu of these types while there is no route to the other end. */
const mtuWithoutRoute: Readonly<Record<string, number>> = { sit: 1480, vti6: 1332, geneve: 1500 };

type Data = Readonly<Record<string, unknown>>;

const isOtherFamily = (was?: string, is?: string) => Boolean(was && is && familyOf(was) !== familyOf(is));
/** An end of the tunnel. To remove it, ip gets the unspecified address. */
const end = (word: string) => ({
  input: unicast
    .optional()
    // Only geneve can have ends of both IP versions.
    .meta({ unset: null, replace: isOtherFamily }),
  words: (value: string | undefined) => [word, value ?? "any"],
  read: (data: Data) => [data[word], data[`${word}6`]].find((each) => each !== undefined && each !== "any"),
});

export const tunnel = defineLink({
  type: "Tunnel",
  linkType: types,
  summary: "A tunnel: a link that carries packets or frames to another host inside IP packets.",
  args: portArgs,
  options: {
    /**
     * Type: `ipip` and `sit` carry IPv4 and IPv6 packets in IPv4, `gre` both, `gretap` Ethernet frames, `erspan` frames
     * that were mirrored, `vti` packets for IPsec; `ip6tnl`, `ip6gre`, `ip6gretap` and `vti6` the same in IPv6; `geneve` carries Ethernet frames in UDP.
     */
    type: {
      input: z.enum(types as [string, ...string[]]).meta({ replace: true }),
      isType: true,
      read: (_data, { linkinfo }) => linkinfo?.info_kind,
    },
    /** Number of the virtual network. Only for `geneve`, which needs it. */
    vni: {
      input: vni,
      word: "id",
      isAlways: true,
      read: ({ id }) => id,
    },
    /** Address of this end. Not for `geneve`. Default: the routes decide. */
    local: end("local"),
    /** Address of the other end. `geneve` needs it. Default: any host that sends to `local`. */
    remote: end("remote"),
    /** Number that both ends must have: for the types of GRE, and for `vti` and `vti6`. Default: none. */
    key: {
      input: integer(0, 0xffffffff).optional().meta({ replace: true }),
      word: "key",
      read: ({ ikey }) => numberOf(ikey),
    },
    /**
     * Time to live of the outer packets; 0: that of the inner ones. Not for `vti` and `vti6`. Default: the kernel's choice,
     * 0, in IPv6 64.
     */
    ttl: {
      input: integer(0, 255)
        .optional()
        .meta({ unset: (observed?: ObservedTunnel) => (over6.includes(observed?.inputs.type ?? "") ? 64 : 0) }),
      word: "ttl",
      read: ({ ttl }) => ttl,
    },
    /** Link for the outer packets, in the same namespace. Not for `geneve`. Default: the routes decide. */
    link: { input: anyLowerLink, word: "dev", read: (_data, { link }) => link },
    /** A UDP header around each packet, so that routers and network cards treat the packets as UDP (`encap`). For the types of GRE, `ipip`, `sit` and `ip6tnl`. The other end needs a `Fou`, and this end too for the answers. Default: none. */
    encapsulation: encapsulationOption,
    /** Header of type `erspan`, which needs it. */
    erspan: erspanOption,
    /** Networks of IPv6 Rapid Deployment (6rd), for type `sit`: the end of the tunnel is in the IPv6 address. Default: those of 6to4. */
    sixRd: sixRdOption,
    /** UDP port of the other end, on which this link listens too; only for `geneve`. Default: the kernel's choice, 6081. */
    destinationPort: {
      input: port.optional().meta({ replace: true, unset: 6081 }),
      word: "dstport",
      read: ({ port }) => port,
    },
  },

  *rules({ name, type, vni, local, remote, key, ttl, link, destinationPort, hairpin, bridgePort, ...headers }) {
    if (fallbackLinks.includes(name)) yield ["name", "must not be a name that the kernel uses itself"];
    const isGeneve = type === "geneve";
    const { sixRd } = headers;
    const given = { vni, destinationPort, local, link, key, ttl, hairpin, bridgePort, sixRd };
    const fits: Partial<Record<keyof typeof given, boolean>> = {
      ...{ vni: isGeneve, destinationPort: isGeneve, local: !isGeneve, link: !isGeneve },
      ...{ key: keyed.includes(type), ttl: !withoutTtl.includes(type), sixRd: type === "sit" },
      ...{ hairpin: ethernet.includes(type), bridgePort: ethernet.includes(type) },
    };
    for (const [property, value] of Object.entries(given)) {
      if (value !== undefined && !fits[property as keyof typeof given])
        yield [property, `must not be given with type ${type}`];
    }
    yield* encapsulationRules(type, headers.encapsulation);
    yield* erspanRules(type, headers.erspan, key);
    if (isGeneve && vni === undefined) yield ["vni", "is required with type geneve"];
    if (isGeneve && remote === undefined) yield ["remote", "is required with type geneve"];
    const family = isGeneve ? undefined : over6.includes(type) ? 6 : 4;
    for (const [property, value] of Object.entries({ local, remote })) {
      if (value && family && familyOf(value) !== family)
        yield [property, `must be an IPv${family} address with type ${type}`];
    }
    if (!isGeneve && !local && !remote && key === undefined)
      yield ["remote", "is required without local and key, because the kernel's own tunnel has neither"];
  },
  unset: ({ type }) => (ethernet.includes(type) ? {} : { arp: false, multicast: false }),
  lacks: ({ type }) => (ethernet.includes(type) ? {} : { mac: `a link of type ${type} has none` }),
  async readDefaults(host, { netns, type, local, remote, key, link, ...headers }) {
    // For IPv6 types, the kernel only uses the routes if both ends are known.
    const isRouted = remote && (local || !over6.includes(type));
    const through = link ?? (isRouted ? await deviceTo(host, netns, remote) : undefined);
    const below = through && (await showLink(host, netns, through));
    const unrouted = mtuWithoutRoute[type];
    if (!below && unrouted !== undefined) return { mtu: unrouted };
    const keyBytes = key === undefined || ["erspan", "vti", "vti6"].includes(type) ? 0 : 4;
    const more = type === "geneve" && familyOf(remote ?? "") === 6 ? 20 : keyBytes;
    const header = encapsulationBytes(headers.encapsulation) + erspanBytes(headers.erspan);
    return { mtu: (below ? below.mtu : 1500) - (overheads[type] ?? 0) - more - header };
  },
  resetsMtu: true,
  isImportable: ({ ifname }) => !fallbackLinks.includes(ifname),
});

interface ObservedTunnel {
  readonly inputs: { readonly type?: string };
}

/** ip prints a key as an IPv4 address. */
function numberOf(dotted: unknown): number | undefined {
  if (typeof dotted !== "string") return undefined;
  return dotted.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}
