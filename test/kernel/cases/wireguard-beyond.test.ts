import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { wireguard as kind } from "../../../provider/src/kinds";
import { publicKeyOf } from "../../../provider/src/kinds/links/wireguard-args";
import { beyond, failure } from "../support/contract";
import { lack } from "../support/features";
import { a, b, key, linkKey, other, peerA, peerB, shared, sharedToo } from "../support/wireguard-keys";
import { hostUrl, settings, testHost, World } from "../support/world";

beyond("Wireguard: beyond the contract", () => {
  const run = lack("wireguard") ? test.skip : test;
  const world = new World();
  const [netns, birth] = [world.netns("n"), world.netns("b")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const inputs = (values: Values = {}) => {
    const given = {
      name: "w0",
      netns,
      privateKey: linkKey,
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
    expect(outputs).toMatchObject({ publicKey: publicKeyOf(linkKey) });
    expect(await world.runIn(birth, "ss", "-Hlnu")).toContain(":51000");
    expect(await world.runIn(netns, "ss", "-Hlnu")).toBe("");
    await remove(kind, id, outputs, settings);
  });

  run("two links communicate, and a change of one peer keeps the handshake of another", async () => {
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
    const farPeers = [{ publicKey: publicKeyOf(linkKey), presharedKey: shared, allowedIps: ["10.7.0.1/32"] }];
    const nearPeer = { publicKey: a, presharedKey: shared, allowedIps: ["10.7.0.2/32"], endpoint: "192.0.2.2:51001" };
    const two = await create(kind, inputs({ ...far, peers: farPeers }), settings);
    const near = { addresses: ["10.7.0.1/24"], peers: [nearPeer] };
    const one = await create(kind, inputs(near), settings);
    await world.runIn(netns, "ping", "-c1", "-W5", "10.7.0.2");
    const handshake = () => world.runIn(netns, "wg", "show", "w0", "latest-handshakes");
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
    // An endpoint that the far end has learnt is no drift.
    expect((await read(kind, two.id, two.outputs, settings))?.outputs).toEqual(two.outputs);
    await remove(kind, one.id, changed, settings);
    await remove(kind, two.id, two.outputs, settings);
  });

  run("no command line and no error contains a key", async () => {
    const host = jest.spyOn(testHost(), "run");
    const { id, outputs } = await create(kind, inputs({ peers: [peerA] }), settings);
    const commands = host.mock.calls.map(([argv]) => argv.join(" "));
    host.mockRestore();
    expect(commands.filter((each) => each.includes("addconf"))).toHaveLength(1);
    for (const secret of [linkKey, shared ?? ""]) expect(commands.join("\n")).not.toContain(secret);
    const secrets = [linkKey, shared ?? "", sharedToo ?? ""];
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
    [{ peers: [peerB, peerB] }, /^peers\.1\.publicKey: is the same as that of peers\.0/],
    [
      { peers: [peerA, { ...peerB, allowedIps: ["10.1.0.0/16"] }] },
      "peers.1.allowedIps: 10.1.0.0/16 is already behind peers.0, and can be behind only one peer",
    ],
    [{ peers: [{ ...peerB, allowedIps: ["10.2.0.1/16"] }] }, /allowedIps\.0: must have no bits set behind the prefix/],
    [{ peers: [{ ...peerB, endpoint: "10.0.0.1" }] }, /endpoint: must be an address and a port/],
    [{ peers: [{ ...peerB, endpoint: "2001:db8::1:51820" }] }, /endpoint: must be an address and a port/],
    [{ peers: [{ ...peerB, endpoint: "10.0.0.1:0" }] }, /endpoint: must be an address and a port/],
    [{ peers: [{ publicKey: publicKeyOf(linkKey) }] }, "peers: must not name the link's own public key"],
    [{ addrgenmode: "random" }, /^addrgenmode: must be none/],
    [{ createdIn: "b", netns: undefined }, "createdIn: needs netns: the namespace that the link is moved into"],
    [{ mac: "02:00:00:00:00:01" }, "mac: must not be given: a WireGuard link has none"],
  ])("%j is refused at preview", (values: Values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "w0", netns: "n", privateKey: linkKey, ...values });
    const [first] = failures.map((each) => each.reason);
    if (typeof reason === "string") expect(first).toBe(reason);
    else expect(first).toMatch(reason);
  });

  test("a private key is stored as the kernel stores it, and equal values are written in the same way", () => {
    const loose = Buffer.alloc(32, 0xff).toString("base64");
    const peers = [peerB, { ...peerA, endpoint: "[2001:DB8::0:1]:051" }];
    const { inputs: checked } = check(kind, { owner: "p/s/r", name: "w0", privateKey: loose, peers });
    const bytes = Buffer.from(String(checked.privateKey), "base64");
    expect([bytes[0], bytes[31]]).toEqual([0xf8, 0x7f]);
    expect((checked.peers as Values[]).map((each) => each.publicKey)).toEqual([a, b].sort());
    expect((checked.peers as Values[]).find((each) => each.publicKey === a)?.endpoint).toBe("[2001:db8::1]:51");
  });
});
