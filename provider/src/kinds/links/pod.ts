import { z } from "zod";
import { defineKind } from "../../core/kind";
import { undefinedWithoutNetns } from "../../errors";
import { netnsFileExists } from "../../host/netns";
import { ifName } from "../../schema/fields";
import { hasIpv6 } from "../../tools/ip/ip";
import { showPeer } from "../../tools/ip/link-peers";
import { type Link, showLink } from "../../tools/ip/links";
import { linksAndRoutesCommands, parseLinksAndRoutes, showLinksAndRoutes } from "../../tools/ip/links-and-routes";
import { isLoopbackReady, markNamespace } from "../host/loopback";
import {
  abandonNamespace,
  beginNamespace,
  cleanUpNamespace,
  endNamespace,
  endStaleEntry,
  removeNamespace,
  undefinedIfStale,
} from "../host/namespace";
import { configureLink, creation } from "./ensure";
import { importableInputs, observeLink, removeLink } from "./link";
import { leastMtu6, linkRules } from "./options";
import { farOf, nearName, nearOf, podArgs, podSides, removeEnds, stableNearEnd } from "./pod-ends";
import { disableLinkLocal, followIpv6, wantsIpv6 } from "./pod-ipv6";
import { type ObservedPod, observedPod, remainsOf } from "./pod-observe";
import { isGatewayRoute, podLink, removedRouteCommands, routeCommands } from "./pod-routes";
import { ensureSides, showSides } from "./side-inputs";
import { type LinkChange, waitUntilUsable } from "./usable";

export const pod = defineKind({
  type: "Pod",
  tags: ["netns", "addressed"],
  summary:
    "A network namespace with a link, `eth0`, to a bridge, as a network plugin makes it for a Kubernetes pod. `eth0` has an IPv6 link-local address only if the pod has an IPv6 address or gateway.",
  args: podArgs,
  outputs: {
    /** File of the namespace: /run/netns/NAME. */
    path: z.string(),
    /** The MAC address of `eth0`, even if it was not given. */
    macAddress: z.string(),
  },
  needs: ["ip"],
  /** `NAME` */
  id: ({ name }) => name,
  disturbs: ({ name, netns }) => [name, netns],

  *rules(args) {
    const { name, link, up, mtu, gateway, gateway6 } = args;
    yield* linkRules(args);
    if (mtu !== undefined && mtu < leastMtu6 && gateway6) yield ["mtu", `must be at least ${leastMtu6} for gateway6`];
    const given = link ?? ifName.safeParse(nearName({ name })).data;
    if (given === undefined) yield ["link", `must be given: ${nearName({ name })} is longer than 15 characters`];
    if (!up && (gateway || gateway6)) yield ["up", "must be true for a gateway: a link that is down has no routes"];
  },

  async observe(host, args, recorded): Promise<ObservedPod | undefined> {
    const near = undefinedWithoutNetns(() => observeLink(host, nearOf(args), "veth", args.owner));
    // A pod that is still to be made does not exist: one check of the name answers that for many at a time.
    const namespace = async () =>
      (await netnsFileExists(host, args.name)) ? showLinksAndRoutes(host, args.name) : undefined;
    const [nearEnd, contents] = await Promise.all([near, undefinedIfStale(namespace)]);
    if (contents) {
      const before = recorded && { ...farOf(recorded), ...(recorded.imported && { imported: true }) };
      const show = (each: Link) =>
        each.ifname === podLink ? showSides(host, farOf(args), before, each, podSides) : each;
      const links = (await Promise.all(contents.links.map(show))).filter((link) => link !== undefined);
      return observedPod(host, args, nearEnd?.link, { ...contents, links });
    }
    const owners = recorded?.imported ? [args.owner, ""] : [args.owner];
    const isRemovable = nearEnd && owners.includes(nearEnd.observed.owner);
    const left = isRemovable ? await stableNearEnd(host, args) : nearEnd?.observed;
    return left && remainsOf(args, left);
  },

  async ensure(host, args, observed, recorded) {
    const { name, owner } = args;
    const [near, far] = [nearOf(args), farOf(args)];
    const { detail } = observed ?? {};
    const isMarked = observed?.owner === owner && detail?.isMarked;
    const whole = detail?.isWhole ? detail : undefined;
    if (detail && !whole) await removeEnds(host, args, detail);

    const [nearEnd, farEnd] = [creation(near, owner), creation(far, owner)];
    const peer = ["peer", "name", podLink, "netns", name, ...farEnd.words];
    const add = ["link", "add", "name", near.name, ...nearEnd.words, "type", "veth", ...peer];
    // A run that died may have made only the link.
    const isNew = !whole || (whole.far?.owner === owner && !whole.far.detail.hasAlias);
    const isWithoutLinkLocal = isNew && (await hasIpv6(host));
    let connection: LinkChange | undefined;
    const connect = async (...before: string[][]) => {
      const there = whole?.near ?? nearEnd.made;
      connection = await configureLink(host, near, owner, there, recorded && nearOf(recorded), {
        first: [...before, ...(whole ? [] : [add]), ...(isWithoutLinkLocal ? [disableLinkLocal(near)] : [])],
      });
    };
    // Namespaces are made on the host. If the bridge is there too, the same command makes the link.
    const atOnce = near.netns === undefined && !detail?.hasNamespace ? connect : undefined;
    if (!isMarked) await beginNamespace(host, args, detail?.hasNamespace ?? false, atOnce);
    if (!atOnce) await connect();

    const isReady = isMarked && isLoopbackReady(args.loopback, observed.detail);
    const first = [...(isReady ? [] : markNamespace(args, detail)), ...removedRouteCommands(args, observed?.inputs)];
    if (isWithoutLinkLocal && !wantsIpv6(args)) first.push(disableLinkLocal(far));
    if (whole?.far && !isNew) first.push(...(await followIpv6(host, args, recorded, whole.far)));
    // A change of the link may remove its routes.
    const last = (changed: boolean) => routeCommands(args, changed ? undefined : observed?.inputs);
    const there = whole?.far ?? farEnd.made;
    const change = await configureLink(host, far, owner, there, recorded && farOf(recorded), {
      ...{ first, last, shows: linksAndRoutesCommands, isRouteOfKind: isGatewayRoute },
    }).catch(async (error) => {
      await Promise.allSettled([connection?.restore(), abandonNamespace(host, args)]);
      throw error;
    });
    await (isMarked ? endStaleEntry(host, args) : endNamespace(host, args));
    const link = connection && (await waitUntilUsable(host, near, connection));
    const before = recorded && farOf(recorded);
    const made = await waitUntilUsable(host, far, change);
    const eth0 = await ensureSides(host, far, before, made, whole?.far?.inputs, podSides);
    if (!link || !eth0 || change.lists.length === 0) return;
    const { links, routes } = parseLinksAndRoutes(change.lists);
    const others = links.filter(({ ifname }) => ifname !== podLink);
    return { observed: await observedPod(host, args, link, { links: [...others, eth0], routes }) };
  },

  async remove(host, args, { detail: { hasNamespace, near } }) {
    // The kernel removes the link a while after the namespace.
    if (hasNamespace) await removeNamespace(host, args);
    else if (near) await removeLink(host, nearOf(args));
  },

  cleanUp: (host, args, observed) =>
    cleanUpNamespace(host, args, observed?.detail.hasNamespace ? observed.owner : undefined),

  imports: {
    parse: (name) => ({ name }),
    // A pod that was made by hand is listed by its parts.
    list: async () => [],
    async locate(host, args) {
      const eth0 = await showLink(host, args.name, podLink);
      const near = eth0 && (await showPeer(host, args.name, eth0));
      return near && { ...args, link: near.name, netns: near.netns };
    },
    inputs: ({ owner }, { detail, inputs: { up, bridge, gateway, gateway6, hairpin, loopback } }) => ({
      ...(detail.far && importableInputs(owner, detail.far)),
      ...{ up, bridge, gateway, gateway6, loopback, hairpin: hairpin || undefined },
    }),
  },
});
