import { check, type Values } from "../../../provider/src/core/check";
import { address, tunnel as kind } from "../../../provider/src/kinds";
import { encapsulationOption } from "../../../provider/src/kinds/links/tunnel-encapsulation";
import { beyond, contract } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails, readDetails } from "../support/links";
import { testHost, World } from "../support/world";

const ends4 = { local: "10.0.0.1", remote: "10.0.0.2" };
const ends6 = { local: "2001:db8::1", remote: "2001:db8::2" };
const others4 = { local: "10.0.0.11", remote: "10.0.0.12" };
const others6 = { local: "2001:db8::11", remote: "2001:db8::12" };

/** The ends as `ip` prints them: "any" for one that is not set. */
const shown = ({ type, local = "any", remote = "any", ttl, link }: Values, hops = "ttl") => {
  const unset = hops === "ttl" ? "inherit" : 64;
  const reach = `${hops} ${ttl === 0 ? "inherit" : (ttl ?? unset)}`;
  const begin = ["ipip", "ip6tnl"].includes(String(type)) ? `${type} any` : type;
  return [`${begin} remote ${remote} local ${local}`, ...(link ? [`dev ${link}`] : []), reach];
};

contract("that carries frames", (world) =>
  linkCase(world, {
    ...{ kind, needs: "tunnel" },
    inputs: { type: "gretap", ...ends4, key: 7, link: "low" },
    defaults: () => ({ mtu: 1358 }),
    details: (inputs) => expectedDetails([...shown(inputs), "ikey 0.0.0.7 okey 0.0.0.7"]),
    by: { type: ["gretap", "local", "10.0.0.1", "remote", "10.0.0.2", "key", "7", "dev", "low"] },
    updates: [
      { what: "other ends", change: { ...others4, ttl: 9 } },
      { what: "no remote, no ttl", change: { remote: undefined, ttl: undefined } },
      { what: "no local", change: { local: undefined, remote: "10.0.0.3" } },
      { what: "all", change: { ...ends4, ttl: 255 } },
    ],
    replaces: { type: "gre", key: 8, link: "other" },
    drifts: [
      { input: "local", by: ["local", "10.0.0.99"] },
      { input: "remote", by: ["remote", "10.0.0.99"] },
      { input: "ttl", by: ["ttl", "7"] },
    ],
  }),
);

contract("that carries packets in IPv6", (world) =>
  linkCase(world, {
    ...{ kind, needs: "tunnel", isPort: false, lacks: ["mac"] },
    inputs: { type: "ip6tnl", ...ends6, link: "low" },
    defaults: () => ({ mtu: 1352, arp: false, multicast: false }),
    details: (inputs) => expectedDetails(shown(inputs, "hoplimit")),
    by: { type: ["ip6tnl", "local", "2001:db8::1", "remote", "2001:db8::2", "dev", "low"] },
    updates: [
      { what: "other ends, the mtu stays", change: { ...others6, ttl: 9, mtu: 1310 } },
      { what: "no local, no ttl", change: { local: undefined, ttl: undefined } },
      { what: "a local again, no hops of its own", change: { local: "2001:db8::1", ttl: 0 } },
    ],
    replaces: { type: "ip6gre", link: "other" },
    drifts: [{ input: "remote", by: ["remote", "2001:db8::99"] }],
  }),
);

const encapsulationWords = ({ type, destinationPort, sourcePort, checksum, remoteChecksum }: Values) =>
  [
    ...[`encap ${type} encap-sport ${sourcePort ?? "auto"} encap-dport ${destinationPort}`],
    ...(checksum ? ["encap-csum", "encap-csum6"] : ["noencap-csum", "noencap-csum6"]),
    remoteChecksum ? "encap-remcsum" : "noencap-remcsum",
  ].join(" ");

const erspanWords = ({ version = 1, index, direction = "ingress", hardwareId = 0 }: Values) => [
  `erspan_ver ${version}`,
  ...(index === undefined ? [] : [`erspan_index ${index}`]),
  ...(version === 2 ? [`erspan_dir ${direction}`, `erspan_hwid 0x${Number(hardwareId).toString(16)}`] : []),
];

const sixRdWords = ({ prefix, relayPrefix }: Values) => [
  `6rd-prefix ${prefix}`,
  ...(relayPrefix === undefined ? [] : [`6rd-relay_prefix ${relayPrefix}`]),
];

/** Each type with the bytes that it adds to a packet if there is no route to the other end, and an update. */
const types: readonly (readonly [Values, number, Values])[] = [
  [{ type: "ipip", ...ends4 }, 20, others4],
  [{ type: "sit", ...ends4, ttl: 5 }, 20, { ...others4, ttl: 6 }],
  [{ type: "gre", ...ends4, key: 1 }, 28, { ...others4, ttl: 6 }],
  [{ type: "vti", ...ends4, key: 4294967295 }, 20, others4],
  [{ type: "erspan", ...ends4, key: 30, erspan: { index: 30 } }, 50, { ...others4, ttl: 6 }],
  [
    { type: "erspan", ...ends4, key: 1023, erspan: { version: 2, direction: "egress", hardwareId: 63 } },
    54,
    { ...others4, ttl: 6 },
  ],
  [{ type: "erspan", ...ends4, erspan: { version: 0 } }, 38, { ...others4, ttl: 6 }],
  [
    { type: "sit", ...ends4, ttl: 5, sixRd: { prefix: "2001:db8::/32" } },
    20,
    { ...others4, sixRd: { prefix: "2001:db8:100::/40", relayPrefix: "10.0.0.0/8" } },
  ],
  [{ type: "ip6gre", ...ends6, key: 1 }, 56, { ...others6, ttl: 6 }],
  [{ type: "ip6gretap", ...ends6 }, 66, { ...others6, ttl: 6 }],
  [{ type: "vti6", ...ends6, key: 1 }, 168, others6],
  [{ type: "gre", ...ends4, encapsulation: { type: "gue", destinationPort: 6080 } }, 36, { ...others4, ttl: 6 }],
  [
    {
      type: "ipip",
      ...ends4,
      encapsulation: { type: "gue", destinationPort: 6080, checksum: true, remoteChecksum: true },
    },
    40,
    { ...others4, ttl: 6 },
  ],
  [{ type: "sit", ...ends4, encapsulation: { type: "fou", destinationPort: 1 } }, 20, { ...others4, ttl: 6 }],
  [{ type: "gretap", ...ends4, encapsulation: { type: "fou", destinationPort: 65535 } }, 46, { ...others4, ttl: 6 }],
  [
    { type: "ip6tnl", ...ends6, encapsulation: { type: "fou", destinationPort: 6080, sourcePort: 7, checksum: true } },
    56,
    { ...others6, ttl: 6 },
  ],
  [{ type: "ip6gre", ...ends6, encapsulation: { type: "gue", destinationPort: 6080 } }, 64, { ...others6, ttl: 6 }],
  [{ type: "geneve", vni: 5, remote: "10.0.0.2", destinationPort: 7000 }, 0, { remote: "10.0.0.3", ttl: 6 }],
  [{ type: "geneve", vni: 5, remote: "2001:db8::2", ttl: 5 }, 0, { remote: "2001:db8::3", ttl: undefined }],
];

for (const [inputs, overhead, change] of types) {
  contract(JSON.stringify(inputs), (world) => {
    const netns = world.netns("a");
    const name = world.name("x");
    const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
    const id = inputs.vni === undefined ? [] : ["id", String(inputs.vni)];
    // Without it, ip changes that too.
    const encapsulation = encapsulationOption.words(inputs.encapsulation as never);
    const by = String(inputs.remote).includes(":") ? "2001:db8::99" : "10.0.0.99";
    return {
      ...{ kind, needs: "tunnel", brief: true },
      inputs: { name, netns, ...inputs },
      actual: () => readDetails(world, netns, name),
      expected: ({ type, remote, vni, mtu, encapsulation, erspan, sixRd, destinationPort = 6081 }: Values) => ({
        mtu: String(mtu ?? 1500 - overhead),
        details: expectedDetails([
          ...(vni === undefined ? [] : [`${type} id ${vni}`, `dstport ${destinationPort}`]),
          `remote ${remote}`,
          ...(encapsulation ? [encapsulationWords(encapsulation as Values)] : []),
          ...(erspan ? erspanWords(erspan as Values) : []),
          ...(sixRd ? sixRdWords(sixRd as Values) : []),
        ]),
      }),
      updates: [
        { what: JSON.stringify(change), change: { ...change, mtu: 1300 } },
        { what: "mtu taken away", change: { mtu: undefined } },
        ...(inputs.erspan === undefined || !("index" in (inputs.erspan as Values))
          ? []
          : [{ what: "another port", change: { erspan: { index: 31 } } }]),
        ...(inputs.sixRd === undefined
          ? []
          : [
              { what: "6to4", change: { sixRd: undefined } },
              { what: "6rd again", change: { sixRd: { prefix: "2001:db8:200::/40", relayPrefix: "10.0.0.0/8" } } },
            ]),
      ],
      replaces: {
        ...(inputs.type === "geneve" && { vni: 6, destinationPort: 6082 }),
        ...(inputs.encapsulation !== undefined && { encapsulation: { type: "gue", destinationPort: 6081 } }),
        ...(inputs.erspan !== undefined && { erspan: { version: (inputs.erspan as Values).version === 2 ? 1 : 2 } }),
      },
      drifts: [
        ...(inputs.erspan !== undefined && "index" in (inputs.erspan as Values)
          ? [
              {
                what: "the port",
                input: "erspan.index",
                by: () => ip("link", "set", "dev", name, "type", "erspan", "erspan", "99"),
              },
            ]
          : []),
        ...(inputs.sixRd !== undefined
          ? [{ what: "6to4", input: "sixRd", by: () => ip("tunnel", "6rd", "dev", name, "6rd-reset") }]
          : []),
        {
          what: "remote",
          input: "remote",
          by: () => ip("link", "set", "dev", name, "type", String(inputs.type), ...id, ...encapsulation, "remote", by),
        },
      ],
      ignores: [],
      vanish: () => ip("link", "del", "dev", name),
      parent: { none: "as in the first case" },
      foreign: { none: "as in the first case" },
    };
  });
}

everyInput(kind);
everyDrift(kind);

if (!lack("tunnel"))
  beyond("Tunnel: IPv6 addresses of a tunnel in IPv4", () => {
    const world = new World();
    const netns = world.netns("a");
    beforeAll(() => world.build());
    afterAll(async () => expect(await world.cleanUp()).toEqual([]));

    test("those that the kernel derives from its end are not listed, and another one is", async () => {
      const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
      for (const type of ["gre", "sit", "vti"]) {
        await ip("link", "add", "name", `t-${type}`, "type", type, "local", "192.168.1.1", "remote", "192.168.1.2");
        await ip("link", "set", "dev", `t-${type}`, "up");
      }
      expect(await ip("-6", "-br", "addr", "show")).toMatch(/t-sit.* fe80::c0a8:101\/64/);
      const importable = async () => (await address.imports?.list(testHost(), netns))?.map(({ id }) => id);
      expect(await importable()).toEqual([]);
      await ip("addr", "add", "fe80::1:2/64", "dev", "t-gre");
      expect(await importable()).toEqual([`t-gre/fe80::1:2/64@${netns}`]);
    });
  });

beyond("Tunnel: beyond the contract", () => {
  test.each([
    [{ remote: undefined }, "remote: is required without local and key, because the kernel's own tunnel has neither"],
    [{ name: "gre0" }, "name: must not be a name that the kernel uses itself"],
    [{ remote: "2001:db8::1" }, "remote: must be an IPv4 address with type gre"],
    [{ remote: "224.0.0.1" }, "remote: must be a unicast address"],
    [{ local: "0.0.0.0" }, "local: must be a unicast address"],
    [{ type: "ipip", key: 1 }, "key: must not be given with type ipip"],
    [
      { type: "vti", encapsulation: { type: "gue", destinationPort: 1 } },
      "encapsulation: must not be given with type vti",
    ],
    [{ encapsulation: { type: "gue" } }, "encapsulation.destinationPort: must be a whole number"],
    [
      { encapsulation: { type: "fou", destinationPort: 1, remoteChecksum: true } },
      "encapsulation.remoteChecksum: is for type gue alone",
    ],
    [{ type: "erspan", key: 1 }, "erspan: is required with type erspan"],
    [{ type: "erspan", erspan: {} }, "key: is required with type erspan: it is the number of the session"],
    [{ type: "erspan", key: 1024, erspan: {} }, "key: must be 0 to 1023 with type erspan"],
    [{ type: "erspan", key: 1, erspan: { version: 2, index: 1 } }, "erspan.index: is for version 1 alone"],
    [{ type: "erspan", key: 1, erspan: { hardwareId: 1 } }, "erspan.hardwareId: is for version 2 alone"],
    [{ erspan: {} }, "erspan: must not be given with type gre"],
    [{ type: "ipip", sixRd: { prefix: "2001:db8::/32" } }, "sixRd: must not be given with type ipip"],
    [
      { type: "sit", sixRd: { prefix: "2001:db8::1/32" } },
      "sixRd.prefix: must be an IPv6 network, without bits beyond its prefix",
    ],
    [
      { type: "sit", sixRd: { prefix: "2001:db8::/48" } },
      "sixRd.prefix: must leave room for the bits of an end in the first 64",
    ],
    [{ type: "sit", sixRd: { prefix: "2002::/16" } }, "sixRd.prefix: must be another network than that of 6to4"],
    [{ type: "vti", ttl: 1 }, "ttl: must not be given with type vti"],
    [{ vni: 1 }, "vni: must not be given with type gre"],
    [{ type: "geneve" }, "vni: is required with type geneve"],
    [{ type: "geneve", vni: 1, local: "10.0.0.1" }, "local: must not be given with type geneve"],
    [{ master: "br0", hairpin: true }, "hairpin: must not be given with type gre"],
    [{ mac: "02:00:00:00:00:01" }, "mac: must not be given: a link of type gre has none"],
  ])("%j is refused at preview", (values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "t0", type: "gre", remote: "10.0.0.1", ...values });
    expect(failures.map((each) => each.reason)).toEqual([reason]);
  });
});
