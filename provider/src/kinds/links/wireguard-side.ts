import { isDeepStrictEqual } from "node:util";
import { ownerOf } from "../../tools/ip/links";
import { changeWireguard, type Peer, removePeers, showWireguard, type WireguardConfig } from "../../tools/wg";
import type { SideInput } from "./side-inputs";

type Wanted = { readonly [K in keyof WireguardConfig]?: WireguardConfig[K] };

const names = ["privateKey", "listenPort", "firewallMark", "peers"] as const;

/** The inputs of a link that only `wg` shows and sets. */
export const wireguard: SideInput = {
  tool: "wg",
  isPossibleOn: ({ linkinfo }) => linkinfo?.info_kind === "wireguard",
  valueIn(args) {
    const given = args as Wanted | undefined;
    if (!given || !("privateKey" in given)) return undefined;
    return Object.fromEntries(names.filter((key) => key in given).map((key) => [key, given[key]]));
  },

  async show(host, netns, link, _isRequested, { args, recorded }) {
    if (link.linkinfo?.info_kind !== "wireguard") return {};
    const config = await showWireguard(host, netns, link.ifname);
    const [request, was] = [args, recorded] as (Wanted | undefined)[];
    // After a run that died before it recorded the link, and for an import, all values count as wanted.
    const isAll = recorded
      ? recorded.imported && was?.peers === undefined
      : ownerOf(link, args.owner ?? "") === args.owner;
    const all = [...(request?.peers ?? []), ...(was?.peers ?? [])];
    const hasEndpoint = (key: string) => all.some((peer) => peer.publicKey === key && peer.endpoint !== undefined);
    // The kernel learns the endpoint of a peer from its packets.
    const peers = config.peers.map((peer) => {
      const { endpoint: _, ...others } = peer;
      return isAll || hasEndpoint(peer.publicKey) ? peer : others;
    });
    return { wireguard: { ...config, peers } };
  },

  async change(host, netns, { ifname, wireguard }, value, before) {
    const [request, was] = [value, before] as (Wanted | undefined)[];
    if (!request || !wireguard) return false;
    const wanted = request.peers;
    const existing = new Map(wireguard.peers.map((peer) => [peer.publicKey, peer]));
    const kept = new Set(wanted?.filter((peer) => !losesEndpoint(peer, existing)).map(({ publicKey }) => publicKey));
    const gone = wanted ? [...existing.keys()].filter((key) => !kept.has(key)) : [];
    for (const key of gone) existing.delete(key);
    const isOther = (key: "listenPort" | "firewallMark") =>
      (request[key] ?? was?.[key]) !== undefined && request[key] !== wireguard[key];
    const change = {
      ...(request.privateKey !== wireguard.privateKey && { privateKey: request.privateKey }),
      ...(isOther("listenPort") && { listenPort: request.listenPort ?? 0 }),
      ...(isOther("firewallMark") && { firewallMark: request.firewallMark ?? 0 }),
      peers: (wanted ?? [])
        .filter((peer) => !isDeepStrictEqual(peer, existing.get(peer.publicKey)))
        .map((peer) => changeOf(peer, existing.get(peer.publicKey))),
    };
    // Remove peers first, so that their networks are free for others.
    if (gone.length > 0) await removePeers(host, netns, ifname, gone);
    const isChanged = Object.keys(change).length > 1 || change.peers.length > 0;
    if (isChanged) await changeWireguard(host, netns, ifname, change);
    return isChanged || gone.length > 0;
  },
};

/** The kernel cannot forget the endpoint of a peer. */
function losesEndpoint({ publicKey, endpoint }: Peer, existing: ReadonlyMap<string, Peer>): boolean {
  return endpoint === undefined && existing.get(publicKey)?.endpoint !== undefined;
}

/** The settings of a peer that differ from the present ones. */
function changeOf(want: Peer, have: Peer | undefined): Peer {
  const { publicKey, allowedIps, presharedKey = "", endpoint, persistentKeepalive = 0 } = want;
  return {
    ...{ publicKey, allowedIps },
    ...(presharedKey !== (have?.presharedKey ?? "") && { presharedKey }),
    ...(endpoint !== have?.endpoint && { endpoint }),
    ...(persistentKeepalive !== (have?.persistentKeepalive ?? 0) && { persistentKeepalive }),
  };
}
