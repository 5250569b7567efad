import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { wireguard as kind } from "../../../provider/src/kinds";
import { publicKeyOf } from "../../../provider/src/kinds/links/wireguard-args";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";
import { hostUrl, settings, testHost, World } from "../support/world";

/** 32 bytes that are a private key as the kernel has it. */
const key = (byte: number) => {
  const bytes = Buffer.alloc(32, byte);
  bytes.writeUInt8(0x40 | (byte & 0x3f), 31);
  bytes.writeUInt8(byte & 0xf8, 0);
  return bytes.toString("base64");
};
const [ownKey, other, third] = [key(8), key(16), key(24)];
const [a, b] = [other, third].map(publicKeyOf) as [string, string];
const [shared, sharedToo] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)].map((bytes) => bytes.toString("base64"));

const peerA = {
  publicKey: a,
  presharedKey: shared,
  allowedIps: ["10.1.0.0/16", "fd01::/64"],
  endpoint: "10.9.0.7:51820",
  persistentKeepalive: 25,
};
const peerB = { publicKey: b, allowedIps: ["10.2.0.0/16"] };

/** What `wg showconf` prints, which the kind does not read. */
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
/** A port that the kernel chose. */
const isRandomPort = (line: string) => Number(/^ListenPort = (\d+)/.exec(line)?.[1] ?? 0) >= 32768;
const hex = (mark: unknown) => (mark === undefined ? undefined : `0x${Number(mark).toString(16)}`);
const byKey = (one: Values, two: Values) => (String(one.publicKey) < String(two.publicKey) ? -1 : 1);
const lines = (values: Values) =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}`]));

contract("with peers", (world) => {
  const base = linkCase(world, {
    ...{ kind, needs: "wireguard", isPort: false, lacks: ["mac"] },
    inputs: { privateKey: ownKey, listenPort: 21870, peers: [peerA] },
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
      { what: "in none", change: { master: undefined } },
      {
        what: "all of its own",
        change: { master: "red", privateKey: ownKey, listenPort: 21872, firewallMark: 7, peers: [peerA, peerB] },
      },
    ],
    replaces: { createdIn: "other" },
  });
  const { name, netns } = base.inputs as { name: string; netns: string };
  const wg = (...words: string[]) => world.inside(netns, "wg", "set", name, ...words);
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
      const text = await world.inside(netns, "wg", "showconf", name);
      // In the order of the kernel's tree.
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
      { what: "where a peer is, which nobody asked for", by: () => wg("peer", b, "endpoint", "10.9.0.9:2") },
    ],
    foreign: {
      async make() {
        await ip("link", "add", "name", name, "type", "wireguard");
        await keyed(ownKey, "private-key");
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
          await world.inside(netns, "wg", "set", "taken", "listen-port", "21872");
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

beyond("Wireguard: beyond the contract", () => {
  const run = lack("wireguard") ? test.skip : test;
  const world = new World();
  const [netns, birth] = [world.netns("n"), world.netns("b")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const inputs = (values: Values = {}) => {
    const given = {
      name: "w0",
      netns,
      privateKey: ownKey,
      owner: world.owner,
      ...(hostUrl && { host: hostUrl }),
      ...values,
    };
    const { inputs: checked, failures } = check(kind, given);
    expect(failures).toEqual([]);
    return checked;
  };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  run("the socket stays in the namespace that the link is created in", async () => {
    const { id, outputs } = await create(kind, inputs({ createdIn: birth, listenPort: 51000 }), settings);
    expect(outputs).toMatchObject({ publicKey: publicKeyOf(ownKey) });
    expect(await world.inside(birth, "ss", "-Hlnu")).toContain(":51000");
    expect(await world.inside(netns, "ss", "-Hlnu")).toBe("");
    await remove(kind, id, outputs, settings);
  });

  run("two links talk, and a change of one peer leaves the handshake of another as it is", async () => {
    const pair = ["link", "add", "name", "e0", "type", "veth", "peer", "name", "e0", "netns", birth];
    await ip(...pair);
    for (const [place, address] of [
      [netns, "192.0.2.1/24"],
      [birth, "192.0.2.2/24"],
    ] as const) {
      await world.run("ip", "-n", place, "addr", "add", address, "dev", "e0");
      await world.run("ip", "-n", place, "link", "set", "dev", "e0", "up");
    }
    const far = { netns: birth, privateKey: other, listenPort: 51001, addresses: ["10.7.0.2/24"] };
    const farPeers = [{ publicKey: publicKeyOf(ownKey), presharedKey: shared, allowedIps: ["10.7.0.1/32"] }];
    const nearPeer = { publicKey: a, presharedKey: shared, allowedIps: ["10.7.0.2/32"], endpoint: "192.0.2.2:51001" };
    const two = await create(kind, inputs({ ...far, peers: farPeers }), settings);
    const near = { addresses: ["10.7.0.1/24"], peers: [nearPeer] };
    const one = await create(kind, inputs(near), settings);
    await world.inside(netns, "ping", "-c1", "-W5", "10.7.0.2");
    const handshake = () => world.inside(netns, "wg", "show", "w0", "latest-handshakes");
    const before = await handshake();
    expect(before).toMatch(/\t[1-9]/);
    const changed = await update(
      kind,
      one.id,
      one.outputs,
      inputs({ ...near, peers: [nearPeer, peerB], firewallMark: 3 }),
      settings,
    );
    expect((await handshake()).split("\n").find((line) => line.startsWith(a))).toBe(before.trim());
    // Where the far end learnt the near one to be is no drift.
    expect((await read(kind, two.id, two.outputs, settings))?.outputs).toEqual(two.outputs);
    await remove(kind, one.id, changed, settings);
    await remove(kind, two.id, two.outputs, settings);
  });

  run("no command line and no message tells a key", async () => {
    const host = jest.spyOn(testHost(), "run");
    const { id, outputs } = await create(kind, inputs({ peers: [peerA] }), settings);
    const commands = host.mock.calls.map(([argv]) => argv.join(" "));
    host.mockRestore();
    expect(commands.filter((each) => each.includes("addconf"))).toHaveLength(1);
    for (const secret of [ownKey, shared ?? ""]) expect(commands.join("\n")).not.toContain(secret);
    const secrets = [ownKey, shared ?? "", sharedToo ?? ""];
    await ip("link", "set", "dev", "w0", "alias", "");
    await ip("link", "set", "dev", "w0", "group", "0");
    const request = { adopt: true, privateKey: key(32), peers: [{ ...peerA, presharedKey: sharedToo }] };
    const refused = await failure(() => create(kind, inputs(request), settings));
    expect(refused).toMatchObject({ code: "LN_ADOPT" });
    expect(refused.message).toMatch(/privateKey: differs;.*peers: differs;/);
    for (const secret of [...secrets, key(32)]) expect(refused.message).not.toContain(secret);
    await ip("link", "del", "dev", "w0");
    await remove(kind, id, outputs, settings);
  });

  test.each([
    [
      { privateKey: "c2hvcnQ=" },
      "privateKey: must be a key of 32 bytes in base64, 44 characters, as `wg genkey` prints it",
    ],
    [{ privateKey: `${"A".repeat(43)}=` }, "privateKey: must not be all zeros: that is no key"],
    [{ peers: [{ publicKey: `${a.slice(0, 42)}_=` }] }, /^peers\.0\.publicKey: must be a key of 32 bytes/],
    [{ peers: [{ publicKey: a, presharedKey: "x" }] }, /^peers\.0\.presharedKey: must be a key of 32 bytes/],
    [{ peers: [peerB, peerB] }, /^peers\.1\.publicKey: is that of peers\.0, too/],
    [
      { peers: [peerA, { ...peerB, allowedIps: ["10.1.0.0/16"] }] },
      "peers.1.allowedIps: 10.1.0.0/16 is behind peers.0, and can be behind one only",
    ],
    [{ peers: [{ ...peerB, allowedIps: ["10.2.0.1/16"] }] }, /allowedIps\.0: must have no bits set behind the prefix/],
    [{ peers: [{ ...peerB, endpoint: "10.0.0.1" }] }, /endpoint: must be an address and a port/],
    [{ peers: [{ ...peerB, endpoint: "2001:db8::1:51820" }] }, /endpoint: must be an address and a port/],
    [{ peers: [{ ...peerB, endpoint: "10.0.0.1:0" }] }, /endpoint: must be an address and a port/],
    [{ peers: [{ publicKey: publicKeyOf(ownKey) }] }, "peers: must not name the link's own public key"],
    [{ addrgenmode: "random" }, /^addrgenmode: must be none/],
    [{ createdIn: "b", netns: undefined }, "createdIn: needs netns: the namespace that the link is moved into"],
    [{ mac: "02:00:00:00:00:01" }, "mac: must not be given: a WireGuard link has none"],
  ])("%j is refused before anything is done", (values: Values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "w0", netns: "n", privateKey: ownKey, ...values });
    const [first] = failures.map((each) => each.reason);
    if (typeof reason === "string") expect(first).toBe(reason);
    else expect(first).toMatch(reason);
  });

  test("a private key is taken as the kernel keeps it, and what is one thing is written in one way", () => {
    const loose = Buffer.alloc(32, 0xff).toString("base64");
    const peers = [peerB, { ...peerA, endpoint: "[2001:DB8::0:1]:051" }];
    const { inputs: checked } = check(kind, { owner: "p/s/r", name: "w0", privateKey: loose, peers });
    const bytes = Buffer.from(String(checked.privateKey), "base64");
    expect([bytes[0], bytes[31]]).toEqual([0xf8, 0x7f]);
    expect((checked.peers as Values[]).map((each) => each.publicKey)).toEqual([a, b].sort());
    expect((checked.peers as Values[]).find((each) => each.publicKey === a)?.endpoint).toBe("[2001:db8::1]:51");
  });
});
