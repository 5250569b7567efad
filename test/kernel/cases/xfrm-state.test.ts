import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { xfrmState as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

/** A state in ip's own words, without the numbers of packets. */
async function readState(world: World, netns: string, key: string[]): Promise<Values | undefined> {
  const text = await world.run("ip", "-n", netns, "xfrm", "state", "list", ...key);
  const states = text.split(/^(?=src )/m).filter(Boolean);
  if (states.length === 0) return undefined;
  const lines = (states[0] ?? "").split("\n").map((line) => line.trim().split(/\s+/).join(" "));
  const isCounter = (line: string) => /^(anti-replay|seq-hi|[0-9a-f]{8}( |$))/.test(line);
  return { states: states.length, lines: lines.filter((line) => line !== "" && !isCounter(line)) };
}

/** A state as ip prints it. */
function expected(values: Values): Values {
  const { source, destination, protocol, spi, mark, reqid, mode, ifId, replayWindow } = values;
  const [aead, encryption, authentication, encapsulation, selector] = [
    ...["aead", "encryption", "authentication", "encapsulation", "selector"].map((key) => values[key] as Values),
  ];
  const flags = [...(values.flags as string[])].sort((one, other) => order.indexOf(one) - order.indexOf(other));
  const isWide = flags.includes("esn") || Number(replayWindow) > 32;
  const any = String(destination).includes(":") ? "::" : "0.0.0.0";
  const { source: from = `${any}/0`, destination: to = `${any}/0`, ...packets } = selector ?? {};
  const option = (word: string, value: unknown) => (value === undefined ? [] : [`${word} ${value}`]);
  const inSelector = [
    ...[...option("proto", packets.protocol), ...option("sport", packets.sourcePort)],
    ...option("dport", packets.destinationPort),
  ];
  const hex = (number: unknown) => `0x${Number(number).toString(16)}`;
  const lines = [
    `src ${source} dst ${destination}`,
    `proto ${protocol} spi 0x${Number(spi).toString(16).padStart(8, "0")} reqid ${reqid} mode ${mode}`,
    [`replay-window ${isWide ? 0 : replayWindow}`, ...(flags.length > 0 ? ["flag", ...flags] : [])].join(" "),
    ...option("mark", mark && `${mark}/0xffffffff`.replace(/(\/.*)\/.*/, "$1")),
    ...option("aead", aead && `${aead.algorithm} ${aead.key} ${aead.icvLength}`),
    ...option(
      "auth-trunc",
      authentication && `${authentication.algorithm} ${authentication.key} ${authentication.truncation}`,
    ),
    ...option("enc", encryption && `${encryption.algorithm} ${encryption.key}`),
    ...option(
      "encap",
      encapsulation &&
        `type ${encapsulation.type} sport ${encapsulation.sourcePort} dport ${encapsulation.destinationPort} addr ${any}`,
    ),
    ...(isWide ? [`replay_window ${replayWindow}, bitmap-length ${Math.ceil(Number(replayWindow) / 32)}`] : []),
    ...option("if_id", ifId && hex(ifId)),
    ["sel", "src", from, "dst", to, ...inSelector].join(" "),
  ];
  return { states: 1, lines };
}
/** In which ip prints them. */
const order = ["noecn", "decap-dscp", "nopmtudisc", "wildrecv", "icmp", "align4", "esn"];

const bytes = (count: number, byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(count)}`;
const gcm = { algorithm: "rfc4106(gcm(aes))", key: bytes(20, 0x11) };
const aes = { algorithm: "cbc(aes)", key: bytes(16, 0x22) };
const sha = { algorithm: "hmac(sha1)", key: bytes(20, 0x33) };
const encapsulation = { sourcePort: 4501, destinationPort: 4502 };
const selector = { source: "10.1.0.0/24", destination: "10.2.0.1", protocol: "tcp", destinationPort: 80 };

contract("that encrypts", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "state", ...args);
  const key = ["dst", "192.0.2.2", "proto", "esp", "spi", "0x101"];
  const usual = ["aead", gcm.algorithm, gcm.key, "128"];
  const cbc = ["enc", aes.algorithm, aes.key];
  const now = ["enc", aes.algorithm, bytes(32, 0x23), "auth", sha.algorithm, sha.key];
  const instead = async (...words: string[]) => {
    await ip("delete", ...key);
    await ip("add", "src", "192.0.2.1", ...key, ...words);
  };
  return {
    ...{ kind, needs: "ipsec states", marked: false },
    inputs: { source: "192.0.2.1", destination: "192.0.2.2", spi: "0x101", netns, mode: "tunnel", aead: gcm },
    actual: () => readState(world, netns, key),
    expected,
    updates: [
      { what: "another key", change: { aead: { ...gcm, key: bytes(36, 0x44) } } },
      { what: "a shorter check value", change: { aead: { ...gcm, icvLength: 64 } } },
      { what: "other algorithms", change: { aead: undefined, encryption: aes, authentication: sha } },
      { what: "all of a check value", change: { authentication: { ...sha, truncation: 160 } } },
      {
        what: "a hash of another length",
        change: { authentication: { algorithm: "hmac(sha512)", key: bytes(64, 9) } },
      },
      { what: "no authentication", change: { authentication: undefined } },
      { what: "another source, a number", change: { source: "192.0.2.3", reqid: 4294967295 } },
      { what: "in UDP", change: { encapsulation } },
      {
        what: "by other ports",
        change: { encapsulation: { ...encapsulation, type: "espinudp-nonike", sourcePort: 500 } },
      },
      { what: "some packets, kept as they are", change: { mode: "transport", selector } },
      { what: "some packets of another network", change: { selector: { source: "10.0.0.0/8" }, ifId: 7 } },
      { what: "a window", change: { replayWindow: 32 } },
      { what: "a larger window", change: { replayWindow: 64 } },
      { what: "flags", change: { flags: ["esn", "noecn", "decap-dscp"], replayWindow: 4096 } },
      {
        what: "much taken away",
        change: {
          ...{ encapsulation: undefined, selector: undefined, ifId: undefined, replayWindow: undefined },
          ...{ flags: undefined, reqid: undefined, mode: undefined },
        },
      },
      {
        what: "all at once",
        change: {
          ...{ encapsulation, selector, ifId: 8, replayWindow: 33, flags: ["align4", "icmp"], reqid: 5 },
          ...{ encryption: { ...aes, key: bytes(32, 0x23) }, authentication: sha, mode: "tunnel", source: "192.0.2.1" },
        },
      },
    ],
    needed: {
      aead: "one algorithm is needed",
      encryption: "one algorithm is needed",
    },
    replaces: { destination: "192.0.2.9", protocol: "ah", spi: 258, mark: "1/0xff", netns: "other" },
    drifts: [
      ...(
        [
          ["reqid", "another number", ["reqid", "6", ...now]],
          ["encryption.key", "another key", [...cbc, "auth", sha.algorithm, sha.key]],
          ["encryption", "encrypted otherwise", usual],
          ["authentication.key", "another check value", [...now.with(-1, bytes(20, 0x34))]],
          ["mode", "another mode", ["mode", "beet", ...now]],
          ["ifId", "of another link", ["if_id", "9", ...now]],
          ["encapsulation.sourcePort", "by other ports", ["encap", "espinudp", "1", "2", "0.0.0.0", ...now]],
          ["selector.source", "other packets", [...now, "sel", "src", "10.9.0.0/16"]],
          ["replayWindow", "another window", ["replay-window", "16", ...now]],
          ["flags", "other flags", ["flag", "wildrecv", ...now]],
          ["source", "another source", []],
        ] as [string, string, string[]][]
      ).map(([input, what, words]) => ({
        ...{ what, input },
        by: async () => {
          if (input !== "source") return instead(...words);
          await ip("delete", ...key);
          return ip("add", "src", "192.0.2.77", ...key, ...now);
        },
      })),
    ],
    ignores: [
      {
        what: "states with other numbers, of other protocols and to others",
        async by() {
          await ip("add", "src", "192.0.2.1", ...key.with(-1, "0x102"), ...usual);
          await ip("add", "src", "192.0.2.1", ...key.with(3, "ah"), "auth", "sha1", sha.key);
          await ip("add", "src", "192.0.2.1", ...key.with(1, "192.0.2.8"), ...usual);
        },
      },
    ],
    vanish: () => ip("delete", ...key),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", "src", "192.0.2.1", ...key, "mode", "tunnel", ...usual),
      differ: () => instead("mode", "tunnel", "aead", gcm.algorithm, bytes(20, 0x66), "128"),
      remove: () => ip("delete", ...key),
    },
    faults: {
      update: { what: "another key", change: { aead: { ...gcm, key: bytes(36, 0x44) }, reqid: 3 } },
      tool: "ip",
      obstacle: { none: "nothing can hold a state" },
      impossible: { "no kernel module": "a module that was loaded stays" },
    },
  };
});

contract("that proves where packets come from, of IPv6 with a mark", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "state", ...args);
  const key = ["dst", "2001:db8::2", "proto", "ah", "spi", "7"];
  const make = (...words: string[]) => ip("add", "src", "2001:db8::1", ...key, "mark", "1", "mask", "0xff", ...words);
  const sha256 = { algorithm: "hmac(sha256)", key: bytes(32, 0x77), truncation: 128 };
  const usual = ["auth-trunc", sha256.algorithm, sha256.key, "128"];
  const vanish = () => ip("delete", ...key, "mark", "1");
  return {
    ...{ kind, needs: "ipsec states", marked: false, brief: true },
    inputs: {
      ...{ source: "2001:0db8::1", destination: "2001:0db8::2", spi: 7, mark: "1/0xff", netns, protocol: "ah" },
      authentication: sha256,
    },
    actual: () => readState(world, netns, key),
    expected,
    updates: [{ what: "packets of IPv4", change: { mode: "tunnel", selector: {}, authentication: sha } }],
    needed: { authentication: "ah has nothing else" },
    replaces: {},
    drifts: [
      {
        what: "another check value",
        input: "authentication.truncation",
        by: () => vanish().then(() => make("auth-trunc", sha.algorithm, sha.key, "128")),
      },
    ],
    ignores: [],
    vanish,
    parent: { none: "as in the first case" },
    foreign: { make: () => make(...usual), differ: { none: "as in the first case" }, remove: vanish },
  };
});

contract("that is as labs have it", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "state", ...args);
  const key = ["dst", "192.0.2.2", "proto", "esp", "spi", "257"];
  const make = (words: string[]) => ip("add", "src", "192.0.2.1", ...key, "mode", "tunnel", "aead", ...words);
  return {
    ...{ kind, needs: "ipsec states", marked: false, brief: true },
    inputs: { source: "192.0.2.1", destination: "192.0.2.2", spi: 257, netns, mode: "tunnel", aead: gcm },
    actual: () => readState(world, netns, key),
    expected,
    updates: [{ what: "a number", change: { reqid: 7 } }],
    needed: { aead: "one algorithm is needed" },
    replaces: {},
    drifts: [
      {
        what: "another key",
        input: "aead.key",
        by: () => ip("delete", ...key).then(() => make([gcm.algorithm, bytes(20, 0x55), "128"])),
      },
    ],
    ignores: [],
    vanish: () => ip("delete", ...key),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => make([gcm.algorithm, gcm.key, "128"]),
      differ: { none: "as in the first case" },
      remove: () => ip("delete", ...key),
    },
  };
});

everyInput(kind);
everyDrift(kind);

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

  run("no command line and no message tells a key", async () => {
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

  run("of what the kernel refuses, what was there before stays", async () => {
    const request = inputs({ aead: undefined, encryption: aes });
    const { id, outputs } = await create(kind, request, settings);
    // The kernel refuses it where the key is weak or of a wrong parity alone: here a number that only it knows to be wrong.
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
    "states that differ in the mark alone do not touch each other, and one that has none is never taken for one that has",
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
  ])("what no input says is told, and left alone: %s", async (_what, words, why) => {
    await add(...usual, ...words);
    const refused = await failure(() => findImportable(kind, `esp/192.0.2.2/257@${netns}`, "", there));
    expect(refused.message).toMatch(why);
    expect(await failure(() => create(kind, inputs(), settings))).toMatchObject({ code: "LN_EXISTS" });
  });

  run("what is imported has its keys, and what kinds there are not is not listed", async () => {
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
  [{ encryption: aes }, "encryption: must not be given beside aead"],
  [{ authentication }, "authentication: must not be given beside aead"],
  [{ protocol: "ah", aead: undefined }, "authentication: is needed with protocol ah"],
  [{ protocol: "ah", authentication }, "aead: needs protocol esp"],
  [{ protocol: "ah", authentication, aead: undefined, encapsulation: {} }, "encapsulation: needs protocol esp"],
  [{ protocol: "ah", authentication, aead: undefined, mode: "beet" }, "mode: must be transport or tunnel"],
  [{ aead: { ...gcm, key: bytes(16, 1) } }, "aead.key: must be 20, 28 or 36 bytes with rfc4106(gcm(aes)), and has 16"],
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
  [{ selector: {} }, "selector: must choose some packets"],
  [
    { selector: { source: "::/0", destination: "::/0" } },
    "selector: must be of the state's IP version in mode transport",
  ],
  [{ selector: { source: "10.0.0.0/8", destinationPort: 80 } }, "selector.destinationPort: needs protocol tcp"],
  [{ encapsulation: { sourcePort: 0 } }, "encapsulation.sourcePort: must be 1 to 65535"],
])("what the kernel never takes is refused at preview: %j", (values, reason) => {
  const given = { source: "10.0.0.1", destination: "10.0.0.2", spi: 257, aead: gcm, owner: "a/b/c", ...values };
  const { failures } = check(kind, given);
  expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
});
