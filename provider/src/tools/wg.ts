import type { Host } from "../host";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";

export interface Peer {
  readonly publicKey: string;
  readonly presharedKey?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Sorted as text. */
  readonly allowedIps: readonly string[];
  readonly persistentKeepalive?: number | undefined;
}

/** The output of `wg` for a link. All keys except public ones are secrets. */
export interface WireguardConfig {
  readonly privateKey: string | undefined;
  readonly publicKey: string | undefined;
  readonly listenPort: number | undefined;
  readonly firewallMark: number | undefined;
  /** Sorted by public key. */
  readonly peers: readonly Peer[];
}

/** The changes to make. Inputs that are left out stay the same, and so do other peers. */
interface WireguardChange {
  readonly privateKey?: string | undefined;
  /** 0: the kernel chooses a port. */
  readonly listenPort?: number | undefined;
  /** 0: none. */
  readonly firewallMark?: number | undefined;
  /** New peers, or new settings of existing ones. A preshared key "" or a keepalive 0 removes it. */
  readonly peers: readonly Peer[];
}

/** wg treats a key of zeros as no key. */
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
 * Keys must not be in a command line, and wg reads them only from a file that it opens by name. Standard input has a name in
 * /proc, but a socket, which Node.js gives its children, cannot be opened by that name. A pipe can.
 */
const throughPipe = 'cat | "$@"';

/** Changes all in one call. `addconf` changes only what it is given, and keeps other settings and peers. */
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
  // wg prints lines that it cannot read.
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
        // No addresses are expressed by leaving the key out: the present ones are replaced in any case.
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
