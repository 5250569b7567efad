import type { Host } from "../host";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";

export interface Peer {
  readonly publicKey: string;
  readonly presharedKey?: string | undefined;
  readonly endpoint?: string | undefined;
  /** In their order as text. */
  readonly allowedIps: readonly string[];
  readonly persistentKeepalive?: number | undefined;
}

/** What `wg` tells of a link; keys are secrets, but those that are called public. */
export interface WireguardConfig {
  readonly privateKey: string | undefined;
  readonly publicKey: string | undefined;
  readonly listenPort: number | undefined;
  readonly firewallMark: number | undefined;
  /** In the order of their public keys. */
  readonly peers: readonly Peer[];
}

/** What is to be changed. An input that is left out stays, and so do other peers. */
interface WireguardChange {
  readonly privateKey?: string | undefined;
  /** 0: the kernel chooses one. */
  readonly listenPort?: number | undefined;
  /** 0: none. */
  readonly firewallMark?: number | undefined;
  /** New ones, or what there is of one from now on; a preshared key of "" is none, a keepalive of 0 as well. */
  readonly peers: readonly Peer[];
}

/** To wg a key of zeros is none. */
export const zeroKey = `${"A".repeat(43)}=`;

export async function showWireguard(host: Host, netns: string | undefined, name: string): Promise<WireguardConfig> {
  return parseWireguard((await host.run(enter(netns, ["wg", "show", name, "dump"]))).stdout);
}

function parseWireguard(text: string): WireguardConfig {
  const [device = [], ...others] = text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));
  const [privateKey, publicKey, listenPort, mark] = device.map(known);
  const peers = others.map((fields): Peer => {
    const [publicKey = "", presharedKey, endpoint, allowedIps, , , , keepalive] = fields.map(known);
    return {
      publicKey,
      ...(presharedKey !== undefined && { presharedKey }),
      allowedIps: (allowedIps?.split(",") ?? []).sort(),
      ...(endpoint !== undefined && { endpoint }),
      ...(keepalive !== undefined && { persistentKeepalive: Number(keepalive) }),
    };
  });
  return {
    ...{ privateKey, publicKey, listenPort: Number(listenPort) || undefined },
    ...{ firewallMark: mark === undefined ? undefined : Number(mark), peers: peers.sort(byKey) },
  };
}

function known(field: string): string | undefined {
  return ["(none)", "off", ""].includes(field) ? undefined : field;
}

export function byKey(one: { publicKey: string }, other: { publicKey: string }): number {
  return one.publicKey < other.publicKey ? -1 : Number(one.publicKey > other.publicKey);
}

export async function removePeers(
  host: Host,
  netns: string | undefined,
  name: string,
  keys: readonly string[],
): Promise<void> {
  const words = keys.flatMap((key) => ["peer", key, "remove"]);
  await host.run(enter(netns, ["wg", "set", name, ...words]));
}

/**
 * Keys must not be in a command line, and wg reads them from files alone, which it opens by name. Standard input has one in
 * /proc, but a socket, as Node.js gives it to its children, cannot be opened in that way; a pipe can.
 */
const throughPipe = 'cat | "$@"';

/** All in one call. `addconf` changes what it is told, and leaves the rest and other peers as they are. */
export async function changeWireguard(
  host: Host,
  netns: string | undefined,
  name: string,
  change: WireguardChange,
): Promise<void> {
  const argv = enter(netns, ["wg", "addconf", name, "/proc/self/fd/0"]);
  const input = configText(change);
  const result = await host.run(["sh", "-c", throughPipe, "sh", ...argv], { input, accept: "any" });
  if (result.exitCode === 0) return;
  // What wg cannot read it prints.
  throw commandError(argv, result).without(secretsIn(change));
}

function configText({ privateKey, listenPort, firewallMark, peers }: WireguardChange): string {
  return [
    ...section("Interface", { PrivateKey: privateKey, ListenPort: listenPort, FwMark: firewallMark }),
    ...peers.flatMap(({ publicKey, presharedKey, endpoint, allowedIps, persistentKeepalive }) =>
      section("Peer", {
        PublicKey: publicKey,
        PresharedKey: presharedKey === "" ? zeroKey : presharedKey,
        Endpoint: endpoint,
        // None is said by leaving it out: those that there are go in any case.
        AllowedIPs: allowedIps.length > 0 ? allowedIps.join(",") : undefined,
        PersistentKeepalive: persistentKeepalive,
      }),
    ),
    "",
  ].join("\n");
}

function section(title: string, values: Readonly<Record<string, string | number | undefined>>): string[] {
  const lines = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]));
  return [`[${title}]`, ...lines];
}

function secretsIn({ privateKey, peers }: WireguardChange): string[] {
  return [privateKey, ...peers.map(({ presharedKey }) => presharedKey)].filter((key) => key !== undefined);
}
