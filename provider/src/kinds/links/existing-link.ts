import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { addShare, eraseShare, listUnshared, readShares } from "../../core/ledger";
import { isMark, ownerIn } from "../../core/mark";
import type { Host } from "../../host";
import { withLock } from "../../host/lock";
import { at, deviceName, ifName, mac, mtu, parseAt } from "../../schema/fields";
import { type Link, showLink, showLinks } from "../../tools/ip/links";
import { modeOf } from "./addrgenmode";
import { ensureLink } from "./ensure";
import {
  type Asked,
  beforeOf,
  flat,
  givenUp,
  type Held,
  heldBy,
  keptAddresses,
  nested,
  requireAgreement,
  union,
} from "./former";
import { linkOutputs, listedTypes, type ObservedLink, observedLink } from "./link";
import { addressList, type LinkArgs, linkRules } from "./options";
import { bridgePort } from "./ports";
import { requireLink } from "./usable";

type WithFormer = { readonly detail: { readonly former: Readonly<Record<string, unknown>> } } | undefined;

/** An input that is taken away is as it was before anybody asked for it. */
const former = (key: string) => ({ unset: (observed: WithFormer) => observed?.detail.former[key] });

/** The same inputs of a port, each of which is put back. */
const formerPort = z
  .strictObject(
    Object.fromEntries(
      Object.entries(bridgePort.unwrap().shape).map(([key, field]) => {
        const unset = (observed: WithFormer) => (observed?.detail.former.bridgePort as Asked | undefined)?.[key];
        return [key, field.meta({ ...field.meta(), unset })];
      }),
    ),
  )
  .optional()
  .meta(former("bridgePort")) as unknown as typeof bridgePort;

const args = {
  /** Name, `lo` too. The link must be there. */
  name: deviceName.meta({ replace: true }),
  ...inNetns,
  /** IPv4 and IPv6 addresses with prefix length, `172.22.0.1/24`, without options; an Address has them. Others that the link has are left alone. */
  addresses: addressList.optional().meta({ ...addressList.meta(), unset: [] }),
  /** Largest packet in bytes. Default: as it is. */
  mtu: mtu.optional().meta(former("mtu")),
  /** MAC address, unicast. Default: as it is. */
  mac: mac.optional().meta(former("mac")),
  /** Is the link up? Of the `lo` of a Netns or a Pod, their `loopback` says so. Default: as it is. */
  up: z.boolean().optional().meta(former("up")),
  /** Does the link take frames that are not for it (`promisc`)? Default: as it is. */
  promiscuous: z.boolean().optional().meta(former("promiscuous")),
  /** Does the link ask for MAC addresses by ARP? Default: as it is. */
  arp: z.boolean().optional().meta(former("arp")),
  /** Does the link take part in multicast? Default: as it is. */
  multicast: z.boolean().optional().meta(former("multicast")),
  /** How the link makes its IPv6 link-local address when it comes up: from the MAC address, not at all, or from a secret that the kernel draws. Default: as it is. */
  addrgenmode: z.enum(["eui64", "none", "random"]).optional().meta(former("addrgenmode")),
  /** How many packets may wait to be sent (`txqueuelen`), 0 to 1000000. Default: as it is. */
  txQueueLength: z
    .int("must be a whole number")
    .min(0, "must be 0 to 1000000")
    .max(1_000_000, "must be 0 to 1000000")
    .optional()
    .meta(former("txQueueLength")),
  /** Link that this one is a port of, in the same namespace. Default: as it is. */
  master: ifName.optional().meta({ reference: "name", of: "master", ...former("master") }),
  /** May the bridge send a frame back out of the port that it came from? Default: as it is. */
  hairpin: z.boolean().optional().meta(former("hairpin")),
  /** What else a port of a bridge can be told; what is not named stays as it is. */
  bridgePort: formerPort,
} as const;

type ExistingArgs = Args<typeof args>;

const inputs = Object.keys(args).filter((key) => key !== "name" && key !== "netns");

export const link = defineKind({
  type: "Link",
  summary:
    "A link that is there already, such as `lo`, an uplink or `tunl0`: what is asked for is set, and put back on destroy. It is never made and never removed, and must not be a link that another resource makes.",
  tags: ["link"],
  args,
  outputs: linkOutputs,
  needs: ["ip"],
  /** `NAME@NETNS` */
  id: ({ name, netns }) => at(name, netns),

  *rules(args) {
    yield* linkRules(args);
    if (args.master === args.name) yield ["master", "must be another link"];
    if (inputs.every((key) => (args as Record<string, unknown>)[key] === undefined))
      yield ["up", "or another input must be given: there is nothing to set"];
  },

  async observe(host, args, recorded) {
    const link = await showLink(host, args.netns, args.name);
    if (!link) return undefined;
    const [asked, before] = [askedOf(args), recorded && askedOf(recorded)];
    const isLess = before && Object.keys(before).some((key) => !isDeepStrictEqual(before[key], asked[key]));
    return observedOf(
      host,
      args,
      link,
      isLess ? await holdersOf(host, args, recorded?.owner ?? args.owner) : undefined,
    );
  },

  async ensure(host, args, _observed, recorded) {
    const place = placeOf(args);
    return withLock(host, place, async () => {
      const asked = askedOf(args);
      const holders = await holdersOf(host, args, recorded?.owner ?? args.owner);
      const { mine, others, all } = holders;
      requireAgreement(others, recorded?.owner ?? args.owner, asked);
      const there = await observedOf(host, args, await requireLink(host, args), holders);
      const now = flat(there.inputs, inputs);
      const note = async (value: Asked) => {
        const entry = { owner: args.owner, before: beforeOf(value, all, now), value };
        await addShare(host, place, entry);
      };
      // What is given up stays noted until it is put back.
      const both = union(mine?.value, asked);
      if (mine?.owner !== args.owner || !isDeepStrictEqual(mine.value, both)) await note(both);
      const look = async () => observedOf(host, args, await requireLink(host, args), holders);
      let after: Awaited<ReturnType<typeof look>>;
      try {
        await apply(host, args, there, asked, holders);
        after = await look();
      } catch (error) {
        await undo(host, args, there, both).catch(() => undefined);
        const isUndone = isDeepStrictEqual((await look()).inputs, there.inputs);
        if (isUndone) await (mine ? addShare(host, place, mine) : eraseShare(host, place, args.owner));
        throw error;
      }
      if (!isDeepStrictEqual(both, asked)) await note(asked);
      if (mine && mine.owner !== args.owner) await eraseShare(host, place, mine.owner);
      return { observed: after };
    });
  },

  async remove(host, args) {
    const place = placeOf(args);
    await withLock(host, place, async () => {
      const holders = await holdersOf(host, args, args.owner);
      const there = await observedOf(host, args, await requireLink(host, args), holders);
      await apply(host, args, there, {}, holders);
      await eraseShare(host, place, args.owner);
    });
  },

  async cleanUp(host, args, observed) {
    if (!observed) await eraseShare(host, placeOf(args), args.owner);
  },

  imports: {
    parse: parseAt,
    async list(host, netns) {
      const links = (await showLinks(host, netns)).filter(isListed);
      return Promise.all(
        links.map(async ({ ifname: name, linkinfo }) => {
          const kind = linkinfo?.info_kind;
          const listed = await listUnshared(host, placeOf({ name, netns }), at(name, netns));
          return kind && !fallbacks.includes(name)
            ? { ...listed, omit: `there is no kind of resource for links of type ${kind}` }
            : listed;
        }),
      );
    },
    inputs: (_args, { inputs: { up, master, promiscuous } }) => ({ up, master, promiscuous: promiscuous || undefined }),
  },
});

type Name = Pick<ExistingArgs, "name" | "netns">;

function placeOf({ name, netns }: Name) {
  return { netns, what: `Link ${at(name, netns)}` };
}

/** Links that the kernel makes by itself with a module. */
const fallbacks = ["tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0"];

/** No other kind lists it, and somebody uses it. */
function isListed(link: Link): boolean {
  const { ifname, linkinfo, flags, master } = link;
  const isListedThere = listedTypes.get(linkinfo?.info_kind ?? "");
  if (ifname === "lo" || (isListedThere && (isListedThere(link) || !fallbacks.includes(ifname)))) return false;
  return flags.includes("UP") || master !== undefined || !fallbacks.includes(ifname);
}

function askedOf(args: object): Asked {
  return flat(args, inputs);
}

interface Holders {
  readonly mine: Held | undefined;
  readonly others: readonly Held[];
  readonly all: readonly Held[];
}

/** Who asks what of the link; renamed, what the former name asked for is ours. */
async function holdersOf(host: Host, args: Name & { readonly owner: string }, owner: string): Promise<Holders> {
  const all = (await readShares(host, placeOf(args))).map(heldBy);
  const ours = [args.owner, owner];
  return {
    mine: all.find((each) => each.owner === args.owner) ?? all.find((each) => each.owner === owner),
    others: all.filter((each) => !ours.includes(each.owner)),
    all,
  };
}

/** A link as it is, and with `holders` what is put back of what is not asked for any more. */
async function observedOf(host: Host, args: ExistingArgs, link: Link, holders?: Holders) {
  const { owner: _, inputs: there, ...rest } = observedLink(link, args.owner);
  const { mine, others = [] } = holders ?? {};
  const asked = askedOf(args);
  const kept = keptAddresses(mine, asked, others);
  // ip shows it with a link alone, and not with its addresses.
  const isAsked = "addrgenmode" in asked || (mine && "addrgenmode" in mine.value);
  const mode = isAsked ? await modeOf(host, args.netns, args.name) : undefined;
  // lo has the mark of its namespace.
  const alias = link.ifname === "lo" ? "" : (link.ifalias ?? "");
  return {
    ...rest,
    ...(isMark(alias) && { owner: ownerIn(alias, ""), otherKind: true }),
    inputs: {
      ...there,
      addresses: there.addresses.filter((each) => !kept.includes(each)),
      addrgenmode: mode ?? there.addrgenmode,
    },
    detail: { ...rest.detail, former: nested(givenUp(mine, asked, others)) },
  };
}

/** After a failure: of what was to be changed, all is again as it was. */
async function undo(
  host: Host,
  args: ExistingArgs,
  there: Awaited<ReturnType<typeof observedOf>>,
  changed: Asked,
): Promise<void> {
  const now = await observedOf(host, args, await requireLink(host, args));
  const before = flat(there.inputs, inputs);
  const wanted = Object.fromEntries(Object.keys(changed).map((path) => [path, before[path] ?? null]));
  const addresses = there.inputs.addresses.filter((each) =>
    (changed.addresses as string[] | undefined)?.includes(each),
  );
  const added = now.inputs.addresses.filter((each) => !there.inputs.addresses.includes(each));
  const mine = { owner: args.owner, value: { addresses: [...addresses, ...added] }, before: {} };
  await apply(host, args, now, { ...wanted, addresses }, { mine, others: [], all: [] });
}

/** Sets what is asked for, and puts back what is given up. */
async function apply(
  host: Host,
  { name, netns, owner }: ExistingArgs,
  there: Awaited<ReturnType<typeof observedOf>>,
  asked: Asked,
  { mine, others }: Holders,
): Promise<void> {
  const { inputs, detail, outputs } = there;
  const wanted = nested({ ...givenUp(mine, asked, others), ...asked });
  const kept = keptAddresses(mine, asked, others);
  const before = (mine?.value.addresses ?? []) as string[];
  // It carries no mark, and is given none.
  const observed = { inputs, outputs, owner, detail: { ...detail, group: undefined, hasAlias: true } } as ObservedLink;
  const target = { master: inputs.master, ...wanted, name, netns } as LinkArgs;
  const addresses = before.filter((each) => !kept.includes(each));
  await ensureLink(host, target, owner, [], observed, { name, netns, addresses });
}
