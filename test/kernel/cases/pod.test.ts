import type { Values } from "../../../provider/src/core/check";
import { pod as kind } from "../../../provider/src/kinds";
import type { Case } from "../support/case";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { expectedLink, readLink } from "../support/links";
import { eventually, type World } from "../support/world";

/** The pod, read by other commands than those of the kind. */
async function readPod(world: World, at: string | undefined, near: string, name: string): Promise<Values | undefined> {
  const names = (await world.run("ls", "/run/netns")).split("\n");
  const link = await readLink(world, at, near);
  if (!names.includes(name)) return link && { link };
  const [lo, eth0] = await Promise.all([readLink(world, name, "lo"), readLink(world, name, "eth0")]);
  const routes = await world.script(name, "ip -4 route show default; ip -6 route show default");
  const gateways = [...routes.matchAll(/via (\S+)/g)].map(([, via]) => via);
  const silent = [await isSilent(world, at, near), await isSilent(world, name, "eth0")];
  return { link, lo: lo && { ifalias: lo.ifalias, up: lo.up }, eth0, gateways, silent };
}

/** Whether the link makes no link-local address, and so sends nothing by itself. */
async function isSilent(world: World, netns: string | undefined, name: string): Promise<boolean> {
  return (await world.script(netns, `ip -d link show dev ${name} || true`)).includes(" addrgenmode none ");
}

/** A bridge without an mtu of its own takes that of its first port. */
const macOfBridge = "02:00:00:00:0b:01";

/** A pod at a bridge in a namespace, or in the host's own namespace. */
function podAt(world: World, node: string | undefined): Case {
  const [name, near] = [world.name("p"), world.name("v")];
  const [one, other] = [world.name("b"), world.name("c")];
  const mark = `localnet:${world.owner}`;
  const inPod = (...args: string[]) => world.run("ip", "-n", name, ...args);
  const atNode = (...args: string[]) => world.run("ip", ...(node === undefined ? [] : ["-n", node]), ...args);
  const away = () => world.run("ip", "netns", "del", name);
  for (const bridge of [one, other]) world.finally(() => atNode("link", "del", "dev", bridge));
  world.finally(away);
  // Duplicate address detection of an IPv6 address takes two seconds.
  const addresses = ["10.9.0.2/24"];

  return {
    kind,
    inputs: { name, netns: node, link: near, bridge: one, addresses, gateway: "10.9.0.1" },
    unlisted: "its parts are",
    async prepare() {
      for (const bridge of [one, other])
        if (!(await readLink(world, node, bridge)))
          await atNode("link", "add", "name", bridge, "address", macOfBridge, "type", "bridge");
    },
    actual: () => readPod(world, node, near, name),
    expected: ({ bridge, mtu, up, addresses, mac, gateway, gateway6, hairpin, loopback }: Values) => ({
      link: expectedLink({ master: bridge, mtu, up, hairpin: hairpin ?? false }, mark),
      lo: { ifalias: mark, up: loopback },
      eth0: expectedLink({ addresses, mtu, mac, up }, mark),
      gateways: [gateway, gateway6].filter((each) => each !== undefined),
      silent: [true, gateway6 === undefined && (addresses as string[]).every((each) => !each.includes(":"))],
    }),
    updates: [
      { what: "mtu", change: { mtu: 1400 } },
      { what: "mac", change: { mac: "02:00:00:00:0a:01" } },
      {
        what: "another address and gateway",
        change: { addresses: ["10.8.0.2/24", "2001:db8::3/64"], gateway: "10.8.0.1" },
      },
      { what: "a gateway for IPv6", change: { gateway6: "2001:db8::1" } },
      { what: "another bridge", change: { bridge: other } },
      { what: "down, without gateways", change: { up: false, gateway: undefined, gateway6: undefined } },
      { what: "up", change: { up: true } },
      { what: "gateways alone", change: { gateway: "10.8.0.1", gateway6: "2001:db8::1" } },
      { what: "no gateway for IPv4", change: { gateway: undefined } },
      { what: "both again", change: { gateway: "10.8.0.9" } },
      { what: "hairpin", change: { hairpin: true } },
      { what: "no hairpin", change: { hairpin: undefined } },
      { what: "its loopback down", change: { loopback: false } },
      { what: "its loopback up, and hairpin", change: { loopback: true, hairpin: true } },
    ],
    needed: { addresses: "without one no gateway can be reached" },
    replaces: { name: "other", netns: "other", link: "other" },
    drifts: [
      { what: "mtu inside", input: "mtu", by: () => inPod("link", "set", "dev", "eth0", "mtu", "1300") },
      { what: "mtu at the bridge", input: "mtu", by: () => atNode("link", "set", "dev", near, "mtu", "1300") },
      { what: "mac", input: "mac", by: () => inPod("link", "set", "dev", "eth0", "address", "02:00:00:00:0a:99") },
      { what: "an address removed", input: "addresses", by: () => inPod("addr", "del", "10.8.0.2/24", "dev", "eth0") },
      { what: "down inside", input: "up", by: () => inPod("link", "set", "dev", "eth0", "down") },
      { what: "down at the bridge", input: "up", by: () => atNode("link", "set", "dev", near, "down") },
      { what: "in another bridge", input: "bridge", by: () => atNode("link", "set", "dev", near, "master", one) },
      { what: "another gateway", input: "gateway", by: () => inPod("route", "replace", "default", "via", "10.8.0.5") },
      {
        what: "no gateway for IPv6",
        input: "gateway6",
        by: () => world.run("ip", "-6", "-n", name, "route", "del", "default"),
      },
      { what: "its loopback down", input: "loopback", by: () => inPod("link", "set", "dev", "lo", "down") },
      {
        what: "no hairpin",
        input: "hairpin",
        by: () => atNode("link", "set", "dev", near, "type", "bridge_slave", "hairpin", "off"),
      },
      { what: "its link removed", input: "bridge", by: () => atNode("link", "del", "dev", near) },
      {
        what: "its link renamed inside",
        input: "bridge",
        by: () =>
          inPod("link", "set", "dev", "eth0", "down").then(() => inPod("link", "set", "dev", "eth0", "name", "e")),
      },
      {
        what: "its link renamed at the bridge",
        input: "bridge",
        by: () =>
          atNode("link", "set", "dev", near, "down").then(() => atNode("link", "set", "dev", near, "name", "e")),
      },
    ],
    ignores: [
      { what: "an address of another owner", by: () => inPod("addr", "add", "10.7.0.1/24", "dev", "eth0") },
      { what: "a link of another owner in it", by: () => inPod("link", "add", "name", "b", "type", "bridge") },
      { what: "another default route", by: () => inPod("route", "add", "default", "via", "10.8.0.7", "metric", "7") },
    ],
    vanish: async () => {
      await away();
      await eventually(async () => (await readLink(world, node, near)) === undefined);
    },
    parent: { none: "its own namespace stays when that of the bridge is removed" },
    foreign: {
      async make() {
        await world.run("ip", "netns", "add", name);
        await inPod("link", "set", "dev", "lo", "up");
        const far = ["peer", "name", "eth0", "netns", name];
        await atNode("link", "add", "name", near, "master", one, "type", "veth", ...far);
        await atNode("link", "set", "dev", near, "addrgenmode", "none", "up");
        await inPod("link", "set", "dev", "eth0", "addrgenmode", "none");
        await inPod("link", "set", "dev", "eth0", "up");
        for (const each of addresses) await inPod("addr", "add", each, "dev", "eth0");
        await inPod("route", "add", "default", "via", "10.9.0.1");
      },
      differ: () => inPod("link", "set", "dev", "eth0", "mtu", "1400").then(() => inPod("route", "del", "default")),
      remove: away,
    },
    faults: {
      update: {
        what: "many at once",
        change: {
          ...{ mtu: 1400, bridge: other, mac: "02:00:00:00:0a:01" },
          ...{ addresses: ["10.8.0.2/24"], gateway: "10.8.0.1", gateway6: "fe80::1" },
        },
      },
      tool: "ip",
      obstacle: {
        what: "a process in it",
        op: "delete",
        make: () => world.script(name, "sleep 600 >/dev/null 2>&1 </dev/null & exit 0"),
        message: async () =>
          new RegExp(`still run in this namespace: ${(await world.run("ip", "netns", "pids", name)).trim()}\\b`),
        async clear() {
          await world.run("kill", (await world.run("ip", "netns", "pids", name)).trim());
          await eventually(async () => (await world.run("ip", "netns", "pids", name)) === "");
        },
      },
      reboot: away,
      impossible: { "no kernel module": "`ip` asks for it in the same call as for Dummy, and gets the same answer" },
    },
  };
}

contract("at a bridge in a namespace", (world) => {
  const { faults: _, ...spec } = podAt(world, world.netns("n"));
  return spec;
});

// On the host, one command makes the namespace and the link.
contract("at a bridge of the host", (world) => ({ ...podAt(world, undefined), local: true, brief: true }));

everyInput(kind);
everyDrift(kind);
