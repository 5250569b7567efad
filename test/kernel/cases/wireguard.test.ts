import type { Values } from "../../../provider/src/core/check";
import { wireguard as kind } from "../../../provider/src/kinds";
import { publicKeyOf } from "../../../provider/src/kinds/links/wireguard-args";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";
import { a, b, key, linkKey, peerA, peerB, shared, sharedToo } from "../support/wireguard-keys";

/** The output of `wg showconf`, which the kind does not use. */
function conf({ privateKey, listenPort, firewallMark, peers = [] }: Values): string[] {
  const named = { PrivateKey: privateKey, ListenPort: listenPort, FwMark: hex(firewallMark) };
  return [
    ...lines(named),
    ...[...(peers as Values[])].sort(byKey).flatMap((peer) => {
      const { publicKey, presharedKey, allowedIps = [], endpoint, persistentKeepalive } = peer;
      const AllowedIPs = (allowedIps as string[]).join(",") || undefined;
      const more = { Endpoint: endpoint, PersistentKeepalive: persistentKeepalive };
      return lines({ PublicKey: publicKey, PresharedKey: presharedKey, AllowedIPs, ...more });
    }),
  ].sort();
}
/** Whether a line is a port that the kernel chose. */
const isRandomPort = (line: string) => Number(/^ListenPort = (\d+)/.exec(line)?.[1] ?? 0) >= 32768;
const hex = (mark: unknown) => (mark === undefined ? undefined : `0x${Number(mark).toString(16)}`);
const byKey = (one: Values, two: Values) => (String(one.publicKey) < String(two.publicKey) ? -1 : 1);
const lines = (values: Values) =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}`]));

contract("with peers", (world) => {
  const base = linkCase(world, {
    ...{ kind, needs: "wireguard", isPort: false, lacks: ["mac"] },
    inputs: { privateKey: linkKey, listenPort: 21870, peers: [peerA] },
    defaults: () => ({ mtu: 1420, arp: false, multicast: false }),
    details: () => expectedDetails(["wireguard"]),
    by: { type: ["wireguard"] },
    updates: [
      { what: "a port and a mark", change: { listenPort: 21871, firewallMark: 16 } },
      { what: "another peer", change: { peers: [peerB, peerA] } },
      {
        what: "networks that go from one to the other",
        change: {
          peers: [
            { ...peerA, allowedIps: ["10.2.0.0/16"] },
            { ...peerB, allowedIps: ["10.1.0.0/16"] },
          ],
        },
      },
      { what: "all of a peer taken away", change: { peers: [{ publicKey: a }, peerB] } },
      {
        what: "another key, no port, no mark",
        change: { privateKey: key(40), listenPort: undefined, firewallMark: undefined },
      },
      { what: "no peers", change: { peers: undefined } },
      { what: "in a Vrf", change: { master: "red" } },
      { what: "in no Vrf", change: { master: undefined } },
      {
        what: "all of its own",
        change: { master: "red", privateKey: linkKey, listenPort: 21872, firewallMark: 7, peers: [peerA, peerB] },
      },
    ],
    replaces: { createdIn: "other" },
  });
  const { name, netns } = base.inputs as { name: string; netns: string };
  const wg = (...words: string[]) => world.runIn(netns, "wg", "set", name, ...words);
  const keyed = (text: string, ...words: string[]) =>
    world.script(netns, `echo ${text} | wg set ${name} ${words.join(" ")} /proc/self/fd/0`);
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    ...base,
    async prepare() {
      await base.prepare?.();
      await ip("link", "add", "name", "red", "up", "type", "vrf", "table", "10");
    },
    async actual() {
      const link = await base.actual();
      if (!link) return undefined;
      const text = await world.runIn(netns, "wg", "showconf", name);
      // The kernel's order is that of a tree.
      const sorted = (line: string) =>
        line.replace(/^(AllowedIPs = )(.*)/, (_, begin, list) => begin + list.split(", ").sort().join(","));
      return {
        ...link,
        conf: text
          .split("\n")
          .filter((line) => line.includes(" = ") && !isRandomPort(line))
          .map(sorted)
          .sort(),
      };
    },
    expected: (values) => ({ ...base.expected(values), conf: conf(values) }),
    drifts: [
      { what: "another private key", input: "privateKey", by: () => keyed(key(48), "private-key") },
      { what: "another port", input: "listenPort", by: () => wg("listen-port", "21899") },
      { what: "another mark", input: "firewallMark", by: () => wg("fwmark", "9") },
      { what: "a peer more", input: "peers", by: () => wg("peer", publicKeyOf(key(56))) },
      { what: "a peer less", input: "peers", by: () => wg("peer", a, "remove") },
      { what: "another preshared key", input: "peers", by: () => keyed(sharedToo ?? "", "peer", a, "preshared-key") },
      { what: "other networks", input: "peers", by: () => wg("peer", a, "allowed-ips", "10.5.0.0/16") },
      { what: "another endpoint", input: "peers", by: () => wg("peer", a, "endpoint", "10.9.0.8:1") },
      { what: "no keepalive", input: "peers", by: () => wg("peer", a, "persistent-keepalive", "off") },
      { what: "in no Vrf", input: "master", by: () => ip("link", "set", "dev", name, "nomaster") },
      ...base.drifts,
    ],
    ignores: [
      ...base.ignores,
      { what: "an endpoint that the program does not set", by: () => wg("peer", b, "endpoint", "10.9.0.9:2") },
    ],
    foreign: {
      async make() {
        await ip("link", "add", "name", name, "type", "wireguard");
        await keyed(linkKey, "private-key");
        await wg("listen-port", "21870");
        const { allowedIps, endpoint, persistentKeepalive } = peerA;
        const rest = ["endpoint", endpoint, "persistent-keepalive", String(persistentKeepalive)];
        await wg("peer", a, "allowed-ips", allowedIps.join(","), ...rest);
        await keyed(shared ?? "", "peer", a, "preshared-key");
        await ip("addr", "add", "10.9.0.1/24", "dev", name);
        await ip("link", "set", "dev", name, "up");
      },
      differ: () => wg("peer", a, "allowed-ips", "10.6.0.0/16"),
      remove: () => ip("link", "del", "dev", name),
    },
    faults: {
      ...base.faults,
      tool: "wg",
      obstacle: {
        what: "another link that listens on the port",
        op: "update",
        async make() {
          await ip("link", "add", "name", "taken", "type", "wireguard");
          await world.runIn(netns, "wg", "set", "taken", "listen-port", "21872");
          await ip("link", "set", "dev", "taken", "up");
        },
        message: () => /Address already in use/,
        clear: () => ip("link", "del", "dev", "taken"),
      },
    },
  };
});

everyInput(kind, ["mac"]);
everyDrift(kind, { mac: "it has none" });
