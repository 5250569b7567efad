import { check, type Values } from "../../../provider/src/core/check";
import { create } from "../../../provider/src/core/lifecycle";
import { mplsRoute as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

async function plumb(world: World, netns: string): Promise<void> {
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  await world.runIn(netns, "sysctl", "-qw", "net.mpls.platform_labels=5000");
  for (const n of ["0", "1"]) {
    await ip("link", "add", "name", `d${n}`, "type", "veth", "peer", "name", `p${n}`);
    for (const name of [`p${n}`, `d${n}`]) await ip("link", "set", "dev", name, "up");
    await ip("addr", "add", `10.${n}.0.1/24`, "dev", `d${n}`);
    await ip("addr", "add", `2001:db8:${n}::1/64`, "dev", `d${n}`, "nodad");
  }
}

/** The route of a label, as `ip` prints it. */
async function readRoute(world: World, netns: string, label: number): Promise<Values | undefined> {
  const { stdout } = await world.try("ip", "-n", netns, "-f", "mpls", "-N", "-o", "-d", "route", "show");
  const line = stdout.split("\n").find((each) => each.split(" ")[1] === String(label));
  // This is how ip writes it.
  const words = line?.replace(/\\/g, "").replace("ttl-propogate", "ttl").replace(/\s+/g, " ").trim();
  return words === undefined ? undefined : { words };
}

const hopWords = ({ labels, via, device = "d0" }: Values) =>
  [
    ...(labels ? [`as to ${(labels as number[]).join("/")}`] : []),
    ...(via ? [`via inet${String(via).includes(":") ? "6" : ""} ${via}`] : []),
    `dev ${device}`,
  ].join(" ");

const expected = ({ label, nextHops, ttlPropagate, ...hop }: Values) => {
  const ttl = ttlPropagate === undefined ? "" : ` ttl ${ttlPropagate ? "enabled" : "disabled"}`;
  const singleHop = nextHops ? "" : `${hopWords(hop)} `;
  const hops = ((nextHops ?? []) as Values[]).map((each) => ` nexthop ${hopWords(each)}`).join("");
  return { words: `1 ${label} ${singleHop}proto 157 scope 0${ttl}${hops}` };
};

contract("a label", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-f", "mpls", "route", ...args);
  const hop = ["via", "inet", "10.0.0.250"];
  return {
    ...{ kind, needs: "mpls" },
    inputs: { label: 100, netns, via: "10.0.0.250" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, 100),
    expected,
    updates: [
      { what: "another label", change: { labels: [200] } },
      { what: "several labels, to IPv6", change: { labels: [1048575, 0, 16], via: "2001:db8::250", device: "d0" } },
      { what: "no labels", change: { labels: undefined, via: "10.1.0.250", device: "d1" } },
      { what: "to this host", change: { via: undefined, device: "lo" } },
      { what: "ttl", change: { via: "10.0.0.250", device: undefined, ttlPropagate: false } },
      {
        what: "ttl the other way",
        change: { ttlPropagate: true, labels: Array.from({ length: 30 }, (_, n) => n + 16) },
      },
      { what: "as the namespace says", change: { ttlPropagate: undefined } },
      {
        what: "two next hops",
        change: {
          ...{ labels: undefined, via: undefined },
          nextHops: [
            { via: "10.0.0.250", labels: [300] },
            { via: "2001:db8:1::250", device: "d1" },
          ],
        },
      },
      {
        what: "in another order",
        change: { nextHops: [{ device: "d1" }, { via: "10.0.0.9", device: "d0", labels: [7] }] },
      },
      {
        what: "one again",
        change: { nextHops: undefined, labels: [17], via: "10.0.0.250", device: "d0", ttlPropagate: true },
      },
    ],
    replaces: { label: 101, netns: "other" },
    drifts: [
      {
        what: "no labels",
        input: "labels",
        by: () => ip("replace", "100", ...hop, "ttl-propagate", "enabled", "proto", "157"),
      },
      {
        what: "another next hop",
        input: "via",
        by: () =>
          ip("replace", "100", "as", "17", "via", "inet", "10.0.0.9", "ttl-propagate", "enabled", "proto", "157"),
      },
      {
        what: "another link",
        input: "device",
        by: () => ip("replace", "100", "as", "17", ...hop, "dev", "d1", "ttl-propagate", "enabled", "proto", "157"),
      },
      { what: "ttl", input: "ttlPropagate", by: () => ip("replace", "100", "as", "17", ...hop, "proto", "157") },
    ],
    ignores: [{ what: "another label", by: () => ip("add", "999", ...hop) }],
    vanish: () => ip("del", "100"),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", "100", ...hop),
      differ: () => ip("replace", "100", "via", "inet", "10.0.0.9"),
      remove: () => ip("del", "100"),
    },
    faults: {
      update: { what: "another label", change: { labels: [200] } },
      tool: "ip",
      obstacle: { none: "nothing can hold a route" },
      impossible: { "no kernel module": "mpls_router stays loaded while a namespace has its settings" },
    },
  };
});

contract("several next hops", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-f", "mpls", "route", ...args);
  const hop = (label: string, n: string) => ["nexthop", "as", label, "via", "inet", `10.${n}.0.250`];
  return {
    ...{ kind, needs: "mpls" },
    local: true,
    inputs: {
      ...{ label: 100, netns },
      nextHops: [
        { via: "10.0.0.250", labels: [7], device: "d0" },
        { via: "10.1.0.250", labels: [8], device: "d1" },
      ],
    },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, 100),
    expected,
    updates: [],
    replaces: {},
    drifts: [
      {
        what: "another label",
        input: "nextHops",
        by: () => ip("replace", "100", "proto", "157", ...hop("7", "0"), ...hop("9", "1")),
      },
      { what: "one", input: "nextHops", by: () => ip("replace", "100", "proto", "157", ...hop("7", "0").slice(1)) },
    ],
    ignores: [],
    vanish: () => ip("del", "100"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", "100", ...hop("7", "0"), ...hop("8", "1")),
      differ: () => ip("replace", "100", ...hop("7", "0"), ...hop("9", "1")),
      remove: () => ip("del", "100"),
    },
  };
});

const reason = lack("mpls");
(reason ? describe.skip : beyond)(`MplsRoute: beyond the contract${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-f", "mpls", "route", ...args);
  const inputs = (values: Values) =>
    check(kind, { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("a route to a MAC address, or of a routing daemon, is neither taken over nor imported", async () => {
    await ip("add", "100", "via", "link", "02:00:00:00:00:01", "dev", "d0");
    await ip("add", "101", "dev", "d0", "proto", "186");
    await ip("add", "102", "dev", "d0");
    const importable = await kind.imports?.list(testHost(), netns);
    expect(importable).toEqual([
      { id: `100@${netns}`, omit: expect.stringContaining("MAC address") },
      { id: `102@${netns}`, omit: undefined },
    ]);
    for (const label of [100, 101]) {
      const make = () => create(kind, inputs({ label, device: "d0", adopt: true }), settings);
      expect(await failure(make)).toMatchObject({ code: "LN_EXISTS" });
    }
  });

  test("a label that the namespace refuses, and a next hop that no link leads to, are errors", async () => {
    const make = (values: Values) => failure(() => create(kind, inputs(values), settings));
    expect(await make({ label: 5000, device: "d0" })).toMatchObject({
      message: expect.stringContaining("net.mpls.platform_labels"),
    });
    expect(await make({ label: 200, via: "192.0.2.1" })).toMatchObject({ message: expect.stringContaining("no link") });
  });
});

test.each<[Values, string, string]>([
  [{ label: 15, via: "10.0.0.1" }, "label", "must be 16 to 1048575"],
  [{ label: 1048576, via: "10.0.0.1" }, "label", "must be 16 to 1048575"],
  [{ label: 100 }, "via", "needs via, device or nextHops"],
  [{ label: 100, via: "10.0.0.1/24" }, "via", "must be an IPv4 or IPv6 address"],
  [{ label: 100, via: "10.0.0.1", labels: [] }, "labels", "must be at least one"],
  [{ label: 100, via: "10.0.0.1", labels: [3] }, "labels.0", "must not be 3"],
  [{ label: 100, via: "10.0.0.1", labels: [1048576] }, "labels.0", "must be 0 to 1048575"],
  [{ label: 100, nextHops: [{ via: "10.0.0.1" }] }, "nextHops", "must be at least two"],
  [{ label: 100, nextHops: [{ via: "10.0.0.1" }, { labels: [5] }] }, "nextHops.1", "needs via or device"],
  [{ label: 100, device: "d0", nextHops: [{ via: "10.0.0.1" }, { device: "d1" }] }, "nextHops", "replaces labels"],
])("%j is refused at %s: %s", (values, property, rule) => {
  const { failures } = check(kind, { owner: "a/b/c", ...values });
  expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

everyInput(kind);
everyDrift(kind);
