import { isIP } from "node:net";
import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { undefinedWithoutNetns } from "../../errors";
import type { Host } from "../../host";
import { address, familyOf, ifName, netnsName } from "../../schema/fields";
import { linksAndRoutesCommands, parseLinksAndRoutes, showLinksAndRoutes } from "../../tools/ip/inside";
import { hasIpv6, netnsFileExists } from "../../tools/ip/ip";
import { groupArgs, showLink, showPeer } from "../../tools/ip/links";
import {
  addNamespace,
  beginNamespace,
  endNamespace,
  markNamespace,
  removeNamespace,
  tidyNamespace,
  undefinedIfStale,
} from "../host/namespace";
import { type Configured, configureLink, settled } from "./ensure";
import {
  importableInputs,
  type LinkArgs,
  linkArgs,
  newLink,
  type ObservedLink,
  observeLink,
  observeStableLink,
  removeLink,
} from "./link";
import { type Gateways, podLink, removedRouteCommands, routeCommands } from "./pod-routes";
import { type PodSeen, remainsOf, seenOf } from "./pod-seen";

export const pod = defineKind({
  type: "Pod",
  summary:
    "A network namespace with one link, `eth0`, to a bridge, as a container runtime's network plugin makes it for a Kubernetes pod. It has a link-local address if it is made with an IPv6 address or gateway.",
  args: {
    /** Name of the namespace, as `ip netns` lists it, 1 to 64 characters. */
    name: netnsName.meta({ replace: true }),
    /** Bridge that the pod is connected to. */
    bridge: ifName.meta({ reference: "name", of: ["Bridge"] }),
    /** Network namespace of the bridge. Default: the host's own. */
    netns: inNetns.netns.meta({ parent: false }),
    /** Name of the link's end at the bridge, 1 to 15 characters. Default: `veth-` and the pod's name. */
    link: ifName.optional().meta({ replace: true }),
    ...linkArgs,
    /** Next hop of the IPv4 default route. Default: there is no such route. */
    gateway: address.refine((text) => isIP(text) === 4, "must be an IPv4 address").optional(),
    /** Next hop of the IPv6 default route. Default: there is no such route. */
    gateway6: address.refine((text) => isIP(text) === 6, "must be an IPv6 address").optional(),
  },
  outputs: {
    /** The file that stands for the namespace: /run/netns/NAME. */
    path: z.string(),
    /** The MAC address of `eth0`, asked for or not. */
    macAddress: z.string(),
  },
  needs: ["ip"],
  /** `NAME` */
  id: ({ name }) => name,

  *rules({ name, link, up, gateway, gateway6 }) {
    const given = link ?? ifName.safeParse(nearName({ name })).data;
    if (given === undefined) yield ["link", `must be given: ${nearName({ name })} is longer than 15 characters`];
    if (!up && (gateway || gateway6)) yield ["up", "must be true for a gateway: a link that is down has no routes"];
  },

  async observe(host, args, recorded): Promise<PodSeen | undefined> {
    const near = undefinedWithoutNetns(() => observeLink(host, nearOf(args), "veth", args.owner));
    // One that is to be made or was removed is not there: its name tells that for many at a time.
    const namespace = async () =>
      (await netnsFileExists(host, args.name)) ? showLinksAndRoutes(host, args.name) : undefined;
    const [found, there] = await Promise.all([near, undefinedIfStale(namespace)]);
    if (there) return seenOf(host, args, found?.link, there);
    const owners = recorded?.imported ? [args.owner, ""] : [args.owner];
    const left = found && owners.includes(found.seen.owner) ? await stableNearEnd(host, args) : found?.seen;
    return left && remainsOf(args, left);
  },

  async ensure(host, args, seen, recorded) {
    const { name, owner } = args;
    const [near, far] = [nearOf(args), farOf(args)];
    const known = seen?.owner === owner && seen.there && seen.ready;
    const whole = seen?.whole ? seen : undefined;
    if (seen && !whole) await removeEnds(host, args, seen);

    const peer = ["peer", "name", podLink, "netns", name, ...groupArgs(owner)];
    const add = ["link", "add", "name", near.name, ...groupArgs(owner), "type", "veth", ...peer];
    const silent = !whole && (await hasIpv6(host));
    let connection: Configured | undefined;
    const connect = async (...before: string[][]) => {
      connection = await configureLink(host, near, owner, whole?.near ?? newLink, recorded && nearOf(recorded), {
        first: whole ? before : [...before, add, ...(silent ? [silence(near)] : [])],
      });
    };
    // Namespaces are made on the host, in the same call as the link where that is there too.
    const atOnce = near.netns === undefined && !seen?.there ? () => connect(addNamespace(args)) : undefined;
    if (!known) await beginNamespace(host, args, seen?.there ?? false, atOnce);
    if (!atOnce) await connect();

    const first = [...(known ? [] : [markNamespace(args)]), ...removedRouteCommands(args, seen, recorded)];
    if (silent && !wantsIpv6(args)) first.push(silence(far));
    // What changes a link can take its routes along.
    const last = (changed: boolean) => routeCommands(args, changed ? undefined : seen);
    const change = await configureLink(host, far, owner, whole?.far ?? newLink, recorded && farOf(recorded), {
      ...{ first, last, shows: linksAndRoutesCommands },
    });
    if (!known) await endNamespace(host, args);
    const [link, eth0] = [connection && (await settled(host, near, connection)), await settled(host, far, change)];
    if (!link || !eth0 || change.lists.length === 0) return;
    const { links, routes: told } = parseLinksAndRoutes(change.lists);
    const others = links.filter(({ ifname }) => ifname !== podLink);
    return { seen: await seenOf(host, args, link, { links: [...others, eth0], routes: told }) };
  },

  async remove(host, args, { there, near }) {
    // The link goes with the namespace, a while after it.
    if (there) await removeNamespace(host, args);
    else if (near) await removeLink(host, nearOf(args));
  },

  tidy: (host, args, seen) => tidyNamespace(host, args, seen?.there ? seen.owner : undefined),

  imports: {
    parse: (name) => ({ name }),
    // Who made one by hand knows its parts, and those are listed.
    list: async () => [],
    async locate(host, args) {
      const eth0 = await showLink(host, args.name, podLink);
      const near = eth0 && (await showPeer(host, args.name, eth0));
      return near && { ...args, link: near.name, netns: near.netns };
    },
    ask: (_args, { far, up, bridge, gateway, gateway6 }) => ({
      ...(far && importableInputs(far)),
      up,
      bridge,
      gateway,
      gateway6,
    }),
  },
});

interface PodArgs {
  readonly name: string;
  readonly bridge?: string | undefined;
  readonly netns?: string | undefined;
  readonly link?: string | undefined;
}

function nearName({ name, link }: Pick<PodArgs, "name" | "link">): string {
  return link ?? `veth-${name}`;
}

function wantsIpv6({ addresses = [], gateway6 }: LinkArgs & Gateways): boolean {
  return gateway6 !== undefined || addresses.some((each) => familyOf(each) === 6);
}

/**
 * Without an IPv6 address a link has nothing to say. Each word of one pod goes to all others at the bridge, and hundreds
 * that come up together keep the kernel from delivering anything else, for longer than Pulumi's own connections last.
 */
function silence({ name }: LinkArgs): string[] {
  return ["link", "set", "dev", name, "addrgenmode", "none"];
}

/** The end at the bridge, as what a link of its own would be asked for. */
function nearOf({ bridge, netns, mtu, up, ...args }: PodArgs & Pick<LinkArgs, "mtu" | "up">): LinkArgs {
  return { name: nearName(args), netns, master: bridge, mtu, up };
}

function farOf({ name, addresses, mtu, mac, up }: LinkArgs): LinkArgs {
  return { name: podLink, netns: name, addresses, mtu, mac, up };
}

/** The ends that lost each other: neither can be brought back under its name. */
async function removeEnds(host: Host, args: LinkArgs & PodArgs, { near, far }: PodSeen): Promise<void> {
  if (near) await removeEnd(host, nearOf(args));
  if (far) await removeEnd(host, farOf(args));
}

/** One that lost its other end may be going by itself: the kernel takes it away a while after that end's namespace. */
async function removeEnd(host: Host, end: LinkArgs): Promise<void> {
  await removeLink(host, end).catch(async (error) => {
    if (await showLink(host, end.netns, end.name)) throw error;
  });
}

/** The end at the bridge, once it is known to stay: the kernel takes it away a while after the pod's namespace. */
async function stableNearEnd(
  host: Host,
  args: PodArgs & { readonly owner: string },
): Promise<ObservedLink | undefined> {
  return (await undefinedWithoutNetns(() => observeStableLink(host, nearOf(args), "veth", args.owner)))?.seen;
}
