import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { route as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { differences } from "../support/observing";
import { hostUrl, settings, testHost, World } from "../support/world";

/** A veth pair whose near end has addresses of both families, for next hops to be reached by. */
async function plumb(world: World, netns: string): Promise<void> {
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  for (const name of ["d0", "d1"]) {
    const n = name.slice(1);
    await ip("link", "add", "name", name, "type", "veth", "peer", "name", `p${n}`);
    await ip("link", "set", "dev", `p${n}`, "up");
    await ip("link", "set", "dev", name, "up");
    for (const host of ["1", "2"]) {
      await ip("addr", "add", `10.${n}.0.${host}/24`, "dev", name);
      await ip("addr", "add", `2001:db8:${n}::${host}/64`, "dev", name, "nodad");
    }
  }
}

/** The lines of a table about a destination, in ip's own words. */
async function readRoute(
  world: World,
  netns: string,
  family: string,
  destination: string,
  table = "main",
): Promise<Values | undefined> {
  const { stdout } = await world.try("ip", "-n", netns, family, "-o", "-d", "route", "list", "table", table);
  const lines = stdout.split("\n").filter((line) => line.split(" ").includes(destination));
  const [words = []] = lines.map((line) => line.trim().split(/\s+/));
  const attributes = words
    .join(" ")
    .replace(/ encap .*? (?=via|dev)/, " ")
    .split(" ");
  const after = (word: string) => (attributes.includes(word) ? attributes[attributes.indexOf(word) + 1] : undefined);
  if (words.length === 0) return undefined;
  return {
    lines: lines.length,
    type: words[0],
    via: after("via"),
    device: after("dev"),
    source: after("src"),
    proto: after("proto"),
    metric: after("metric"),
    mtu: after("mtu"),
    advmss: after("advmss"),
    scope: after("scope"),
    onlink: words.join(" ").split("nexthop ")[0]?.includes(" onlink"),
    encap: / encap (.*?) (?=via|dev)/.exec(words.join(" ").split("nexthop ")[0] ?? "")?.[1],
    hops: words
      .join(" ")
      .split("nexthop ")
      .slice(1)
      .map((hop) => hop.trim().replace(/ \\$/, "")),
  };
}

/** The start of what is printed of an encapsulation. */
const encapOf = ({ type, labels, id, source, destination, mode, segments, action, ...rest }: Values) => {
  const list = (segments as string[] | undefined)?.join(" ");
  const words = Object.entries(rest).map(([key, value]) => `${key.toLowerCase()} ${value}`);
  if (type === "mpls") return [type, (labels as number[]).join("/"), ...words].join(" ");
  if (type === "seg6") return new RegExp(`^seg6 mode ${mode ?? "encap"} segs \\d \\[ ${list}( ::)? \\]$`);
  if (type === "seg6local" && list) return new RegExp(`^seg6local action ${action} segs \\d \\[ ${list}( ::)? \\]$`);
  if (type === "seg6local") return ["seg6local", "action", action, ...words].join(" ");
  const any = type === "ip" ? "0.0.0.0" : "::";
  const [ttl, tos] = type === "ip" ? ["ttl", "tos"] : ["hoplimit", "tc"];
  return `${type} id ${id ?? 0} src ${source ?? any} dst ${destination} ${ttl} ${rest.ttl ?? 0} ${tos} ${rest.tos ?? 0}`;
};

const expectedEncap = (encapsulation: Values | undefined) => {
  const words = encapsulation && encapOf(encapsulation);
  return words instanceof RegExp ? expect.stringMatching(words) : words;
};

const expected = ({
  protocol,
  encapsulation,
  via,
  device,
  source,
  type,
  mtu,
  advmss,
  onlink,
  scope,
  nextHops,
}: Values) => ({
  lines: 1,
  type: type ?? "unicast",
  proto: protocol === undefined ? "157" : String(protocol),
  encap: expectedEncap(encapsulation as Values | undefined),
  ...(device === undefined ? {} : { device }),
  ...(scope === undefined ? {} : { scope }),
  ...{ via: nextHops ? expect.anything() : via, source, onlink: onlink ?? false },
  ...{ mtu: mtu === undefined ? undefined : String(mtu), advmss: advmss === undefined ? undefined : String(advmss) },
  hops: ((nextHops as Values[]) ?? []).map(({ via, weight = 1, onlink }) =>
    expect.stringMatching(new RegExp(`^(encap .*)?via ${via} dev \\S+ weight ${weight}${onlink ? " onlink" : ""}$`)),
  ),
});

contract("the IPv4 default", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  return {
    kind,
    inputs: { destination: "0.0.0.0/0", netns, via: "10.0.0.250" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-4", "default"),
    expected,
    updates: [
      { what: "via", change: { via: "10.0.0.251" } },
      { what: "device", change: { device: "d0" } },
      { what: "source", change: { source: "10.0.0.2" } },
      { what: "another device", change: { via: "10.1.0.250", device: "d1", source: "10.1.0.2" } },
      { what: "source taken away", change: { source: undefined } },
      { what: "via taken away", change: { via: undefined } },
      { what: "type", change: { type: "blackhole", device: undefined } },
      { what: "unicast again", change: { type: "unicast", via: "10.1.0.250", source: "10.1.0.2" } },
      { what: "mtu and advmss", change: { mtu: 1400, advmss: 1300 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "both taken away", change: { mtu: 1300, advmss: undefined, source: undefined } },
      { what: "a next hop that no address leads to", change: { via: "203.0.113.1", device: "d1", onlink: true } },
      { what: "one that an address leads to", change: { via: "10.1.0.250", device: undefined, onlink: undefined } },
      {
        what: "two next hops",
        change: { via: undefined, nextHops: [{ via: "10.1.0.250" }, { via: "10.0.0.250", weight: 3 }] },
      },
      {
        what: "three, one of them onlink",
        change: {
          nextHops: [{ via: "10.0.0.250" }, { via: "10.1.0.250" }, { via: "203.0.113.1", device: "d0", onlink: true }],
        },
      },
      { what: "one next hop again, and a scope", change: { via: "10.0.0.250", nextHops: undefined, scope: "global" } },
      { what: "scope taken away", change: { scope: undefined, mtu: 1400, advmss: 1300 } },
      { what: "onlink, and a source", change: { device: "d0", onlink: true, source: "10.0.0.2" } },
    ],
    replaces: { destination: "10.0.0.0/8", netns: "other", metric: 5, table: 7 },
    drifts: [
      {
        what: "another next hop, ours by protocol",
        input: "via",
        by: () => ip("replace", "default", "via", "10.0.0.9", "proto", "157"),
      },
      {
        what: "another source, ours by protocol",
        input: "source",
        by: () => ip("replace", "default", "via", "10.1.0.250", "src", "10.1.0.1", "proto", "157"),
      },
      { what: "a blackhole", input: "type", by: () => ip("replace", "blackhole", "default", "proto", "157") },
      ...[
        ["not onlink", "onlink", "via 10.0.0.250 mtu 1400 advmss 1300"],
        ["another mtu", "mtu", "via 10.0.0.250 dev d0 onlink mtu 1300 advmss 1300"],
        ["no advmss", "advmss", "via 10.0.0.250 dev d0 onlink mtu 1400"],
      ].map(([what = "", input = "", words = ""]) => ({
        ...{ what, input },
        by: () => ip("replace", "default", "proto", "157", ...words.split(" ")),
      })),
    ],
    ignores: [
      {
        what: "another route of another metric",
        by: () => ip("add", "10.77.0.0/16", "via", "10.0.0.9", "metric", "9"),
      },
    ],
    vanish: () => ip("del", "default"),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", "default", "via", "10.0.0.250"),
      differ: () => ip("replace", "default", "via", "10.0.0.9"),
      remove: () => ip("del", "default"),
    },
    faults: {
      update: { what: "another next hop", change: { via: "10.1.0.250", device: "d1", source: "10.1.0.2" } },
      tool: "ip",
      obstacle: { none: "nothing can hold a route" },
      impossible: { "no kernel module": "routes are no module" },
    },
  };
});

contract("an IPv6 network", (world) => {
  const netns = world.netns("a");
  const destination = "2001:db8:99::/48";
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-6", "route", ...args);
  return {
    kind,
    inputs: { destination: "2001:0db8:99::/48", netns, via: "2001:db8::250" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-6", destination),
    expected,
    updates: [
      { what: "via", change: { via: "2001:db8::251" } },
      { what: "source", change: { source: "2001:db8::2" } },
      { what: "device", change: { via: "2001:db8:1::250", device: "d1" } },
      { what: "source taken away", change: { source: undefined } },
      { what: "type", change: { type: "unreachable", via: undefined, device: undefined } },
      { what: "unicast by device alone", change: { type: "unicast", device: "d0" } },
    ],
    replaces: { destination: "2001:db8:98::/48" },
    drifts: [
      {
        what: "another device, ours by protocol",
        input: "device",
        by: () => ip("replace", destination, "dev", "d1", "proto", "157", "metric", "1024"),
      },
    ],
    ignores: [{ what: "another metric", by: () => ip("add", "2001:db8:97::/48", "dev", "d0", "metric", "9") }],
    vanish: () => ip("del", destination),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", destination, "via", "2001:db8::250", "metric", "1024"),
      differ: () => ip("replace", destination, "via", "2001:db8::9", "metric", "1024"),
      remove: () => ip("del", destination),
    },
  };
});

contract("in a table and with a metric of its own, beside another's of the same destination", (world) => {
  const routeWords = ["dev", "d1", "table", "4711", "metric", "50", "proto", "157"];
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  return {
    kind,
    local: true,
    inputs: { destination: "10.55.0.9", netns, device: "d0", table: 4711, metric: 50 },
    async prepare() {
      await plumb(world, netns);
      await ip("add", "10.55.0.9", "dev", "d1");
      await ip("add", "10.55.0.9", "dev", "d1", "table", "4712", "metric", "50");
    },
    actual: () => readRoute(world, netns, "-4", "10.55.0.9", "4711"),
    expected: (values: Values) => ({ ...expected(values), metric: "50" }),
    updates: [
      { what: "device", change: { device: "d1" } },
      { what: "scope", change: { scope: "link" } },
    ],
    replaces: { metric: 51, table: 4712 },
    drifts: [
      {
        what: "another scope",
        input: "scope",
        by: () => ip("replace", "10.55.0.9", ...routeWords, "scope", "global"),
      },
    ],
    ignores: [
      {
        what: "one of another metric in the same table",
        by: () => ip("add", "blackhole", "10.55.0.8", "table", "4711"),
      },
    ],
    vanish: () => ip("del", "10.55.0.9", "table", "4711"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", "10.55.0.9", "dev", "d0", "table", "4711", "metric", "50"),
      differ: () => ip("replace", "10.55.0.9", "dev", "d1", "table", "4711", "metric", "50"),
      remove: () => ip("del", "10.55.0.9", "table", "4711", "metric", "50"),
    },
  };
});

contract("with several next hops", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  const hops = (weight: number) => {
    return `10.56.0.0/16 proto 157 nexthop via 10.0.0.250 weight ${weight} nexthop via 10.1.0.250`.split(" ");
  };
  const byHand = (weight: number) => hops(weight).filter((word) => !["proto", "157"].includes(word));
  return {
    kind,
    local: true,
    inputs: {
      destination: "10.56.0.0/16",
      netns,
      nextHops: [
        { via: "10.0.0.250", device: "d0", weight: 2 },
        { via: "10.1.0.250", device: "d1" },
      ],
    },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-4", "10.56.0.0/16"),
    expected,
    updates: [],
    replaces: {},
    drifts: [
      { what: "another weight", input: "nextHops", by: () => ip("replace", ...hops(9)) },
      {
        what: "one of them",
        input: "nextHops",
        by: () => ip("replace", "10.56.0.0/16", "via", "10.0.0.250", "proto", "157"),
      },
    ],
    ignores: [],
    vanish: () => ip("del", "10.56.0.0/16"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", ...byHand(2)),
      differ: () => ip("replace", ...byHand(3)),
      remove: () => ip("del", "10.56.0.0/16"),
    },
  };
});

const segments = ["fc00::1", "fc00::2"];

contract("with an encapsulation, and made by an administrator", (world) => {
  const netns = world.netns("a");
  const destination = "2001:db8:95::/48";
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-6", "route", ...args);
  const encapsulated = (what: string, encapsulation: Values) => ({ what, change: { encapsulation } });
  const local = (action: string, more: Values = {}) => ({ type: "seg6local", action, ...more });
  const encapWords = ["encap", "seg6", "mode", "encap", "segs", "fc00::1,fc00::2", "dev", "d0"];
  return {
    kind,
    inputs: { destination, netns, device: "d0", encapsulation: { type: "seg6", segments }, protocol: "static" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-6", destination),
    expected,
    updates: [
      encapsulated("one segment", { type: "seg6", mode: "encap", segments: ["fc00::7"] }),
      encapsulated("inline", { type: "seg6", mode: "inline", segments }),
      encapsulated("l2encap", { type: "seg6", mode: "l2encap", segments }),
      encapsulated("the end of a segment", local("End")),
      encapsulated("to a next hop", local("End.X", { nh6: "fe80::9" })),
      encapsulated("IPv4 to a next hop", local("End.DX4", { nh4: "10.0.0.9" })),
      encapsulated("frames to a link", local("End.DX2", { oif: "d1" })),
      encapsulated("to a table", local("End.DT6", { table: 300 })),
      encapsulated("with other segments", local("End.B6", { segments })),
      encapsulated("in a header with other segments", local("End.B6.Encaps", { segments })),
      encapsulated("IPv6 in IPv6", { type: "ip6", id: 30, destination: "2001:db8::7" }),
      encapsulated("all of it", {
        ...{ type: "ip6", id: 31, destination: "2001:db8::8" },
        ...{ source: "2001:db8::1", ttl: 9, tos: 20 },
      }),
      { what: "protocol", change: { protocol: "boot" } },
      { what: "no protocol", change: { protocol: undefined } },
      { what: "a protocol again", change: { protocol: "static" } },
      encapsulated("some of it", { type: "ip6", destination: "2001:db8::8" }),
      { what: "none", change: { encapsulation: undefined } },
      encapsulated("one again", { type: "seg6", segments: ["fc00::7"] }),
    ],
    replaces: {},
    drifts: [
      {
        what: "none",
        input: "encapsulation",
        by: () => ip("replace", destination, "dev", "d0", "proto", "4"),
      },
      {
        what: "other segments",
        input: "encapsulation.segments",
        by: () => ip("replace", destination, ...encapWords, "proto", "4"),
      },
      {
        what: "another protocol",
        input: "protocol",
        by: () => ip("replace", destination, ...encapWords, "proto", "3"),
      },
    ],
    ignores: [],
    vanish: () => ip("del", destination),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", destination, ...encapWords, "proto", "4", "metric", "1024"),
      differ: () => ip("replace", destination, ...encapWords.slice(0, 5), "fc00::9", "dev", "d0", "proto", "4"),
      remove: () => ip("del", destination),
    },
  };
});

contract("with labels of MPLS", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  const via = ["via", "10.0.0.250"];
  return {
    ...{ kind, needs: "mpls" },
    inputs: {
      destination: "10.58.0.0/16",
      netns,
      via: "10.0.0.250",
      encapsulation: { type: "mpls", labels: [100, 3000] },
    },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-4", "10.58.0.0/16"),
    expected,
    updates: [
      { what: "one label", change: { encapsulation: { type: "mpls", labels: [1048575] } } },
      { what: "ttl", change: { encapsulation: { type: "mpls", labels: [100], ttl: 9 } } },
      { what: "no ttl", change: { encapsulation: { type: "mpls", labels: [100] } } },
      {
        what: "IPv4 in IPv4",
        change: { encapsulation: { type: "ip", destination: "10.0.0.7", id: 5, tos: 16, ttl: 3 } },
      },
      { what: "labels again", change: { encapsulation: { type: "mpls", labels: [100, 200, 300], ttl: 9 } } },
      {
        what: "of next hops",
        change: {
          ...{ via: undefined, encapsulation: undefined },
          nextHops: [
            { via: "10.0.0.250", encapsulation: { type: "mpls", labels: [100] } },
            { via: "10.1.0.250", encapsulation: { type: "seg6", segments } },
          ],
        },
      },
    ],
    replaces: {},
    drifts: [
      {
        what: "another label",
        input: "nextHops",
        by: () =>
          ip(
            ...["replace", "10.58.0.0/16", "proto", "157", "nexthop", "encap", "mpls", "101", ...via],
            ...["nexthop", "encap", "seg6", "mode", "encap", "segs", segments.join(","), "via", "10.1.0.250"],
          ),
      },
    ],
    ignores: [],
    vanish: () => ip("del", "10.58.0.0/16"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", "10.58.0.0/16", "encap", "mpls", "100/3000", ...via),
      differ: () => ip("replace", "10.58.0.0/16", "encap", "mpls", "100", ...via),
      remove: () => ip("del", "10.58.0.0/16"),
    },
  };
});

beyond("Route", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const common = { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
  const inputsWith = (values: Values) => {
    const { inputs, failures } = check(kind, { ...common, ...values });
    expect(failures).toEqual([]);
    return inputs;
  };
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("an adopted one keeps what no input says", async () => {
    const words =
      "via 10.0.0.9 dev d0 onlink mtu lock 1300 advmss 1200 initcwnd 9 rto_min 300ms quickack 1 congctl reno";
    await ip("route", "add", "10.31.0.0/16", ...words.split(" "));
    const before = await ip("route", "show", "10.31.0.0/16");
    const inputs = inputsWith({ destination: "10.31.0.0/16", via: "10.0.0.9", adopt: true });
    const { id, outputs } = await create(kind, inputs, settings);
    expect(await ip("route", "show", "10.31.0.0/16")).toBe(before.replace("dev d0 ", "dev d0 proto 157 "));
    await ip(
      "-6",
      "route",
      "add",
      "2001:db8:31::/48",
      "via",
      "2001:db8::9",
      "metric",
      "5",
      "pref",
      "high",
      "hoplimit",
      "9",
    );
    const six = inputsWith({ destination: "2001:db8:31::/48", via: "2001:db8::9", metric: 5, adopt: true });
    const adopted = await create(kind, six, settings);
    expect(await ip("-6", "route", "show", "2001:db8:31::/48")).toMatch(/proto 157 metric 5 hoplimit 9 pref high/);
    await remove(kind, adopted.id, adopted.outputs, settings);
    await remove(kind, id, outputs, settings);
  });

  test("the kernel's own is neither adopted nor deleted", async () => {
    const inputs = inputsWith({ destination: "10.0.0.0/24", device: "d0", adopt: true });
    const error = await failure(() => create(kind, inputs, settings));
    expect(error).toMatchObject({ code: "LN_EXISTS", hint: expect.not.stringContaining("delete") });
    expect(error.message).toContain("belongs to the kernel, which makes it with an address");
    await remove(kind, kind.id(inputs as never), inputs, settings);
    expect(await ip("route", "show", "10.0.0.0/24")).toContain("proto kernel");
  });

  test("one that was renamed without an alias is taken with adopt", async () => {
    const values = { destination: "10.32.0.0/16", via: "10.0.0.9" };
    const former = await create(kind, inputsWith({ ...values, owner: `${world.owner}/r1` }), settings);
    const renamed = inputsWith({ ...values, owner: `${world.owner}/r2`, adopt: true });
    const { id, outputs } = await create(kind, renamed, settings);
    // The engine deletes what the program has no more.
    await remove(kind, former.id, former.outputs, settings);
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    await remove(kind, id, outputs, settings);
    expect(await ip("route", "show", "10.32.0.0/16")).toBe("");
  });

  test.each([
    ["over IPv6", { destination: "10.33.0.0/16", via: "2001:db8::9", device: "d0" }, "via inet6 2001:db8::9 dev d0"],
    ["local", { destination: "10.33.0.0/16", type: "local", device: "lo" }, "local 10.33.0.0/16 dev lo"],
    [
      "several, IPv6",
      { destination: "2001:db8:33::/48", nextHops: [{ via: "2001:db8::9" }, { via: "2001:db8:1::9" }] },
      "nexthop via 2001:db8:1::9 dev d1",
    ],
  ])("can be made, seen and removed: %s", async (_, values, shows) => {
    const inputs = inputsWith(values);
    const { id, outputs } = await create(kind, inputs, settings);
    const showRoutes = () => ip(values.destination.includes(":") ? "-6" : "-4", "route", "show", "table", "main");
    expect(await showRoutes()).toContain(shows);
    expect(differences(kind, (await read(kind, id, outputs, settings))?.outputs ?? {}, inputs)).toEqual([]);
    await remove(kind, id, outputs, settings);
    expect(await showRoutes()).not.toContain(shows);
  });

  test.each([
    [
      "an encapsulation",
      "-4",
      "10.35.0.0/16",
      ["encap", "ip", "id", "30", "dst", "10.0.0.7", "key"],
      "encapsulation, ip key",
    ],
    ["a next hop with a number", "-4", "10.35.0.0/16", ["nhid", "35"], "nexthop id, 35"],
  ])("one with what no input says is told and left alone: %s", async (_, version, destination, words, unsaid) => {
    await ip("nexthop", "replace", "id", "35", "via", "10.0.0.9", "dev", "d0");
    await ip(version, "route", "add", destination, ...words, ...(words[0] === "nhid" ? [] : ["dev", "d0"]));
    const showRoutes = () => ip(version, "route", "show", destination);
    const before = await showRoutes();
    const importable = await kind.imports?.list(testHost(), netns);
    expect(importable).toContainEqual({ id: `${destination}@${netns}`, omit: `there is no input for its ${unsaid}` });
    const inputs = inputsWith({ destination, device: "d0", adopt: true });
    expect(await failure(() => create(kind, inputs, settings))).toMatchObject({
      code: "LN_EXISTS",
      message: expect.stringContaining(`a route with ${unsaid.replace(",", "")}`),
    });
    expect(await showRoutes()).toBe(before);
    await ip(version, "route", "del", destination);
    await ip("nexthop", "del", "id", "35");
  });

  test("one for what comes from one network alone is told, and is no other's", async () => {
    const [destination, from] = ["2001:db8:36::/48", "2001:db8:1::/64"];
    await ip("-6", "route", "add", destination, "from", from, "dev", "d0");
    const importable = await kind.imports?.list(testHost(), netns);
    expect(importable).toContainEqual({
      id: `${destination}@${netns}`,
      omit: `there is no input for its from, ${from}`,
    });
    const inputs = inputsWith({ destination, device: "d1" });
    const { id, outputs } = await create(kind, inputs, settings);
    await remove(kind, id, outputs, settings);
    expect(await ip("-6", "route", "show", destination)).toContain(`from ${from} dev d0`);
    await ip("-6", "route", "del", destination, "from", from);
  });

  test("one that stands where ours was is not taken, whoever made it, once ours is deleted", async () => {
    const inputs = inputsWith({ destination: "10.37.0.0/16", device: "d0", protocol: "static" });
    const { id, outputs } = await create(kind, inputs, settings);
    await remove(kind, id, outputs, settings);
    await ip("route", "add", "10.37.0.0/16", "dev", "d0", "proto", "static");
    await remove(kind, id, outputs, settings);
    expect(await failure(() => create(kind, inputs, settings))).toMatchObject({ code: "LN_EXISTS" });
    expect(await ip("route", "show", "10.37.0.0/16")).toContain("proto static");
    await ip("route", "del", "10.37.0.0/16");
  });

  test.each([
    [{ via: "10.0.0.1", nextHops: [{ via: "10.0.0.1" }, { via: "10.0.0.2" }] }, "nextHops: takes the place of"],
    [{ nextHops: [{ via: "10.0.0.1" }] }, "nextHops: must be at least two"],
    [{ nextHops: [{ via: "10.0.0.1" }, {}] }, "nextHops.1: needs via or device"],
    [{ via: "2001:db8::1" }, "device: is needed with a via of the other IP version"],
    [{ via: "10.0.0.1", onlink: true }, "onlink: needs via and device"],
    [{ type: "local", via: "10.0.0.1" }, "type: a local route takes device"],
    [{ type: "blackhole", mtu: 1400 }, "mtu: has no meaning"],
    [{ destination: "2001:db8::/32", via: "10.0.0.1" }, "via: must be an IPv6 address"],
    [{ destination: "2001:db8::/32", via: "fe80::1", device: "d0", metric: 0 }, "metric: must be at least 1"],
    [{ destination: "2001:db8::/32", device: "d0", scope: "link" }, "scope: IPv6 routes have none"],
    [{ device: "d0", protocol: "kernel" }, "protocol: must be one of boot, static"],
    [{ type: "blackhole", encapsulation: { type: "mpls", labels: [5] } }, "encapsulation: only a unicast route"],
    [{ device: "d0", encapsulation: { type: "mpls" } }, "encapsulation.labels: mpls needs it"],
    [{ device: "d0", encapsulation: { type: "mpls", labels: [1048576] } }, "encapsulation.labels.0: must be 0 to"],
    [{ device: "d0", encapsulation: { type: "seg6", segments, id: 5 } }, "encapsulation.id: is not of seg6"],
    [{ device: "d0", encapsulation: { type: "seg6", segments: ["10.0.0.1"] } }, "segments.0: must be an IPv6 address"],
    [
      { device: "d0", encapsulation: { type: "seg6", mode: "inline", segments } },
      "inline is for IPv6 destinations only",
    ],
    [{ device: "d0", encapsulation: { type: "ip", destination: "fc00::1" } }, "destination: must be an IPv4 address"],
    [{ device: "d0", encapsulation: { type: "seg6local", action: "End" } }, "seg6local is for IPv6 destinations only"],
    [
      {
        destination: "fc00::/48",
        device: "d0",
        encapsulation: { type: "seg6local", action: "End.X", nh6: "10.0.0.1" },
      },
      "nh6: must be an IPv6 address",
    ],
    [
      { destination: "fc00::/48", device: "d0", encapsulation: { type: "seg6local", action: "End", table: 5 } },
      "encapsulation.table: is not of End",
    ],
    [
      { destination: "fc00::/48", device: "d0", encapsulation: { type: "seg6local", action: "End.DT6" } },
      "End.DT6 needs table or vrfTable",
    ],
    [
      { nextHops: [{ device: "d0", encapsulation: { type: "mpls" } }, { device: "d1" }] },
      "nextHops.0.encapsulation.labels: mpls needs it",
    ],
  ])("what the kernel never takes is refused at preview: %j", (values, reason) => {
    const { failures } = check(kind, { ...common, destination: "10.34.0.0/16", ...values });
    expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
  });
});

everyInput(kind);
everyDrift(kind);
