import { xfrmState as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { aes, bytes, expected, gcm, readState, sha } from "../support/xfrm-states";

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
        change: { encapsulation: { ...encapsulation, sourcePort: 500 } },
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

contract("that authenticates IPv6 packets, with a mark", (world) => {
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

contract("as labs use it", (world) => {
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
