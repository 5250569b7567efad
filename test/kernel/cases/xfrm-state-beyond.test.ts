import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { xfrmState as kind } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { lack } from "../support/features";
import { hostUrl, settings, testHost, World } from "../support/world";
import { aes, bytes, gcm, sha } from "../support/xfrm-states";

beyond("XfrmState: beyond the contract", () => {
  const run = lack("ipsec states") ? test.skip : test;
  const world = new World();
  const netns = world.netns("n");
  const there = { ...settings, host: hostUrl };
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "state", ...args);
  const base = { source: "192.0.2.1", destination: "192.0.2.2", spi: 257 };
  const inputs = (values: Values = {}) => {
    const given = { ...base, aead: gcm, netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
    const { inputs: checked, failures } = check(kind, given);
    expect(failures).toEqual([]);
    return checked;
  };
  const key = ["dst", base.destination, "proto", "esp", "spi", "257"];
  const add = (...words: string[]) => ip("add", "src", base.source, ...key, ...words);
  const usual = ["aead", gcm.algorithm, gcm.key, "128"];
  beforeAll(() => world.build());
  afterEach(() => ip("flush"));
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  run("no command line and no error contains a key", async () => {
    const host = jest.spyOn(testHost(), "run");
    const { id, outputs } = await create(kind, inputs(), settings);
    const other = inputs({ aead: { ...gcm, key: bytes(20, 0x55) } });
    const after = await update(kind, id, outputs, other, settings);
    const commands = host.mock.calls.map(([argv]) => argv.join(" "));
    host.mockRestore();
    expect(commands.filter((each) => each.includes("-batch"))).toHaveLength(2);
    for (const secret of [gcm.key, bytes(20, 0x55)]) expect(commands.join("\n")).not.toContain(secret.slice(2, 12));
    await remove(kind, id, after, settings);
    await add(...usual);
    for (const change of [{ aead: { ...gcm, key: bytes(20, 0x55) } }, { aead: undefined, encryption: aes }]) {
      const refused = await failure(() => create(kind, inputs({ adopt: true, ...change }), settings));
      expect(refused).toMatchObject({ code: "LN_ADOPT" });
      expect(refused.message).toMatch(/aead.key: differs|encryption: wanted {"algorithm":"cbc\(aes\)"}, seen nothing/);
      for (const byte of ["1111", "5555", "2222"]) expect(refused.message).not.toContain(byte);
    }
  });

  run("the older form of ESP in UDP works, or the error tells that this kernel no longer has it", async () => {
    const olderForm = { type: "espinudp-nonike", sourcePort: 4500, destinationPort: 4500 };
    const { id, outputs } = await create(kind, inputs(), settings);
    const change = () => update(kind, id, outputs, inputs({ encapsulation: olderForm }), settings);
    // Linux 6.1 has it, 6.12 does not.
    const isThere = /^[1-5]\.|^6\.[0-9]\./.test(await world.run("uname", "-r"));
    if (isThere) expect(await change()).toMatchObject({ encapsulation: olderForm });
    else
      expect(await failure(change)).toMatchObject({ code: "LN_KERNEL", hint: expect.stringContaining("use espinudp") });
    await remove(kind, id, outputs, settings);
  });

  run("if the kernel refuses a change, the former state stays", async () => {
    const request = inputs({ aead: undefined, encryption: aes });
    const { id, outputs } = await create(kind, request, settings);
    // The kernel refuses only keys that are weak or have a wrong parity. Here it gets a key of a wrong length.
    const host = testHost();
    const original = host.run.bind(host);
    const spy = jest.spyOn(host, "run").mockImplementation((argv, options) => {
      const input = options?.input?.replace(/ 0x(44){16}/, " 0x4444");
      return original(argv, options && { ...options, ...(input !== undefined && { input }) });
    });
    const wrong = inputs({ aead: undefined, encryption: { ...aes, key: bytes(16, 0x44) } });
    const refused = await failure(() => update(kind, id, outputs, wrong, settings));
    spy.mockRestore();
    expect(refused.message).toMatch(/Invalid argument/);
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    await remove(kind, id, outputs, settings);
  });

  run(
    "states that differ only in the mark do not touch each other, and one without a mark is not taken for one with a mark",
    async () => {
      const one = await create(kind, inputs({ mark: 1 }), settings);
      const two = await create(kind, inputs({ mark: 2 }), settings);
      await remove(kind, one.id, one.outputs, settings);
      expect((await read(kind, two.id, two.outputs, settings))?.outputs).toEqual(two.outputs);
      await remove(kind, two.id, two.outputs, settings);
      await add(...usual);
      expect(await failure(() => create(kind, inputs({ mark: 1 }), settings))).toMatchObject({ code: "LN_EXISTS" });
    },
  );

  run.each([
    ["a limit", ["limit", "byte-hard", "1000"], /a state with limit/],
    ["a mark for what comes of it", ["output-mark", "7"], /a state with output-mark/],
    ["an unusual flag", ["extra-flag", "dont-encap-dscp"], /a state with extra-flag dont-encap-dscp/],
    ["a type of ICMP", ["sel", "proto", "icmp", "type", "8"], /a state with sel type 8/],
  ])("a state with an attribute that has no input is named, and left alone: %s", async (_what, words, why) => {
    await add(...usual, ...words);
    const refused = await failure(() => findImportable(kind, `esp/192.0.2.2/257@${netns}`, "", there));
    expect(refused.message).toMatch(why);
    expect(await failure(() => create(kind, inputs(), settings))).toMatchObject({ code: "LN_EXISTS" });
  });

  run("an imported state has its keys, and a state of another sort is not listed", async () => {
    await add(...usual, "mode", "tunnel");
    await ip(
      "add",
      "src",
      "192.0.2.1",
      "dst",
      "192.0.2.2",
      "proto",
      "comp",
      "spi",
      "9",
      "mode",
      "tunnel",
      "comp",
      "deflate",
    );
    const importable = await kind.imports?.list(testHost(), netns);
    expect(importable).toEqual([{ id: `esp/192.0.2.2/0x101@${netns}` }]);
    const resource = await findImportable(kind, `esp/192.0.2.2/0x101@${netns}`, "", there);
    expect(resource?.inputs).toMatchObject({ ...base, mode: "tunnel", aead: { ...gcm, icvLength: 128 } });
  });
});

const authentication = sha;
test.each([
  [{ aead: undefined }, "encryption: is needed with protocol esp, or aead"],
  [{ encryption: aes }, "encryption: must not be given together with aead"],
  [{ authentication }, "authentication: must not be given together with aead"],
  [{ protocol: "ah", aead: undefined }, "authentication: is needed with protocol ah"],
  [{ protocol: "ah", authentication }, "aead: needs protocol esp"],
  [{ protocol: "ah", authentication, aead: undefined, encapsulation: {} }, "encapsulation: needs protocol esp"],
  [{ protocol: "ah", authentication, aead: undefined, mode: "beet" }, "mode: must be transport or tunnel"],
  [{ aead: { ...gcm, key: bytes(16, 1) } }, "aead.key: must be 20, 28 or 36 bytes for rfc4106(gcm(aes)), not 16"],
  [{ aead: { ...gcm, key: "0x123" } }, "aead.key: must be bytes in hexadecimal"],
  [{ aead: { ...gcm, key: "password" } }, "aead.key: must be bytes in hexadecimal"],
  [{ aead: { ...gcm, icvLength: 100 } }, "aead.icvLength: must be 64, 96 or 128"],
  [
    { aead: { algorithm: "rfc7539esp(chacha20,poly1305)", key: bytes(36, 1), icvLength: 64 } },
    "aead.icvLength: must be 128",
  ],
  [{ aead: { algorithm: "aes", key: bytes(16, 1) } }, "aead.algorithm: must be one of rfc4106(gcm(aes))"],
  [{ aead: undefined, encryption: { ...aes, key: bytes(15, 1) } }, "encryption.key: must be 16, 24 or 32 bytes"],
  [
    { aead: undefined, encryption: aes, authentication: { ...sha, truncation: 168 } },
    "authentication.truncation: must be at most 160 with hmac(sha1)",
  ],
  [
    { aead: undefined, encryption: aes, authentication: { ...sha, truncation: 100 } },
    "authentication.truncation: must be a multiple of 8",
  ],
  [
    { aead: undefined, encryption: aes, authentication: { ...sha, key: bytes(129, 1) } },
    "authentication.key: must be at most 128 bytes",
  ],
  [{ source: "2001:db8::1" }, "source: must be of the same IP version as destination"],
  [{ spi: 0 }, "spi: must be at least 1"],
  [{ spi: "0x1ffffffff" }, "spi: must be a number"],
  [{ flags: ["esn"] }, "replayWindow: must be at least 1 with flag esn"],
  [{ flags: ["icmp", "icmp"] }, "flags: must not name one twice"],
  [{ replayWindow: 4097 }, "replayWindow: must be 0 to 4096"],
  [{ selector: {} }, "selector: must not match all packets"],
  [
    { selector: { source: "::/0", destination: "::/0" } },
    "selector: must be of the state's IP version in mode transport",
  ],
  [{ selector: { source: "10.0.0.0/8", destinationPort: 80 } }, "selector.destinationPort: needs protocol tcp"],
  [{ encapsulation: { sourcePort: 0 } }, "encapsulation.sourcePort: must be 1 to 65535"],
])("wrong inputs are refused at preview: %j", (values, reason) => {
  const given = { source: "10.0.0.1", destination: "10.0.0.2", spi: 257, aead: gcm, owner: "a/b/c", ...values };
  const { failures } = check(kind, given);
  expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
});
