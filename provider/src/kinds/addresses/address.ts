import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { undefinedWithoutNetns } from "../../errors";
import { withLock } from "../../host/lock";
import { cidr, deviceName, familyOf, address as ipAddress, isMulticast, number32, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { cidrOf } from "../../tools/ip/link-addresses";
import { parseLinks, showLink, showLinkCommand, showLinks } from "../../tools/ip/links";
import { scopeNames } from "../../tools/ip/scopes";
import { addressId } from "../links/addresses";
import { waitForDuplicateDetection } from "../links/usable";
import { defaultScope, isReported, keyOf, type ObservedAddress, observedAddress } from "./entries";
import { removeAddress, removeDuplicate } from "./remove";

const args = {
  /** Link that has the address; `lo` is possible too. It must exist. */
  device: deviceName.meta({ replace: true, reference: "name", of: "link" }),
  /**
   * IPv4 or IPv6 address with prefix length, `172.22.0.100/32`. Give it either here or in the link's own `addresses`, not in
   * both.
   */
  address: cidr
    .refine((text) => !/^(0\.0\.0\.0|::)\//.test(text), "must not be the unspecified address")
    .refine((text) => familyOf(text) === 4 || !isMulticast(text), "must not be a multicast address")
    .meta({ replace: true }),
  ...inNetns,
  /** Address of the other end of a point-to-point link. The prefix length is then that of the other end's network. */
  peer: ipAddress.optional().meta({ replace: true }),
  /** Name of an IPv4 address, for programs such as ifconfig: 1 to 15 characters, `lo:vip`. Default: the link's name. */
  label: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}$/, 'must be 1 to 15 of letters, digits, "_", ".", ":" and "-"')
    .optional()
    .meta({ replace: true }),
  /** Broadcast address of an IPv4 address; "+" for the last address of its network. Default: none. */
  broadcast: z
    .union([z.literal("+"), ipAddress], { error: 'must be "+" or an IPv4 address' })
    .optional()
    .meta({ replace: true }),
  /**
   * Where an IPv4 address is valid: everywhere (global), on the link (link), or inside this host (host). All addresses of
   * one network on a link must have the same scope. Default: global; host for 127.0.0.0/8.
   */
  scope: z
    .enum(scopeNames, { error: `must be one of ${scopeNames.join(", ")}` })
    .optional()
    .meta({ replace: true }),
  /** Is an IPv6 address used at once, without the check whether another host has it (duplicate address detection)? */
  noDad: z.boolean().default(false),
  /** Does the kernel add no route to the address's network? */
  noPrefixRoute: z.boolean().default(false).meta({ replace: true }),
  /** Metric of the route to the address's network; for IPv6 at least 1. Default: the kernel's choice, 0, for IPv6 256. */
  metric: number32.optional().meta({ unset: (observed?: ObservedAddress) => observed?.detail.defaultMetric }),
} as const;

type AddressArgs = Omit<Args<typeof args>, "owner" | "adopt" | "host">;

export const address = defineKind({
  type: "Address",
  summary:
    "An address of an existing link, such as `lo` or an uplink, or an address with options. A link that the program makes can have addresses in its own `addresses`. Other addresses of the link are not changed.",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `DEVICE/ADDRESS@NETNS`, with a peer `DEVICE/ADDRESS peer PEER/LENGTH@NETNS` */
  id: (args) => addressId(args.device, keyOf(args), args.netns),
  disturbs: ({ netns }) => [netns],

  *rules({ device, address, peer, noDad, metric, ...options }) {
    const version = familyOf(address);
    const { label, broadcast, scope } = options;
    if (device === "lo" && ["127.0.0.1/8", "::1/128"].includes(address))
      yield ["address", "must not be the one that the kernel itself gives lo"];
    if (peer !== undefined && familyOf(peer) !== version) yield ["peer", `must be of IPv${version}, as address is`];
    for (const [key, value] of Object.entries({ label, broadcast, scope }))
      if (value !== undefined && version === 6) yield [key, "has no meaning for IPv6 addresses"];
    if (version === 4 && broadcast?.includes(":")) yield ["broadcast", "must be an IPv4 address"];
    if (version === 4 && broadcast === "+" && Number(address.split("/")[1]) > 30)
      yield ["broadcast", "must not be + with a prefix length above 30"];
    if (noDad && version === 4) yield ["noDad", "is only for IPv6 addresses"];
    if (metric === 0 && version === 6) yield ["metric", "must be at least 1 for IPv6"];
  },

  async observe(host, args) {
    const link = await showLink(host, args.netns, args.device);
    return link && observedAddress(link, args);
  },

  async ensure(host, args, observed) {
    const { device, netns, metric, noDad, peer } = args;
    const isSame = observed?.inputs.noDad === noDad && (metric === undefined || metric === observed.inputs.metric);
    if (isSame) return undefined;
    // The kernel would keep the routes to an IPv6 peer, and add new ones beside them.
    const isMadeAnew = observed !== undefined && peer !== undefined && familyOf(peer) === 6;
    // With the lock, nobody removes a primary address meanwhile, which would remove this one too.
    const lists = await withLock(host, placeOf(args), async () => {
      if (!observed) await removeDuplicate(host, args);
      if (isMadeAnew) await removeAddress(host, args, [["addr", "add", ...words(args)]]);
      const change = isMadeAnew ? [] : [["addr", observed ? "change" : "add", ...words(args)]];
      return ipAll(host, netns, [...change, showLinkCommand(device)]);
    });
    const added = (observed && !isMadeAnew) || noDad ? [] : [args.address];
    const wait = waitForDuplicateDetection(host, { name: device, netns }, added, "address");
    const later = await wait.catch(async (error) => {
      await removeDuplicate(host, args);
      throw error;
    });
    const [link = later] = parseLinks(lists[0] ?? []);
    return { observed: link && observedAddress(later ?? link, args) };
  },

  remove: (host, args) => withLock(host, placeOf(args), () => removeAddress(host, args)),

  async cleanUp(host, args, observed) {
    if (!observed) await undefinedWithoutNetns(async () => void (await removeDuplicate(host, args)));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, device, local, peer, length] = /^([^/]+)\/([^ /]+)(?: peer ([^ /]+))?\/(\d+)$/.exec(name) ?? [];
      return device === undefined ? undefined : { device, address: `${local}/${length}`, peer, netns };
    },
    async list(host, netns) {
      const links = await showLinks(host, netns);
      return links.flatMap((link) => {
        const entries = link.addr_info.filter((entry) => isReported(link, entry));
        return entries.map((entry) => ({ id: addressId(link.ifname, cidrOf(entry), netns) }));
      });
    },
    inputs: ({ device, address }, { inputs: { label, scope, metric, ...inputs }, detail }) => ({
      ...inputs,
      label: label === device ? undefined : label,
      scope: scope === defaultScope(address) ? undefined : scope,
      metric: metric === detail.defaultMetric ? undefined : metric,
    }),
  },
});

function placeOf({ device, netns }: Pick<AddressArgs, "device" | "netns">) {
  return { netns, what: `addresses ${device}` };
}

function words(args: AddressArgs): string[] {
  const { device, label, broadcast, scope, noDad, noPrefixRoute, metric } = args;
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...keyOf(args).split(" "),
    ...[...option("brd", broadcast), ...option("scope", scope), ...option("metric", metric), ...option("label", label)],
    ...[...(noDad ? ["nodad"] : []), ...(noPrefixRoute ? ["noprefixroute"] : [])],
    ...["dev", device],
  ];
}
