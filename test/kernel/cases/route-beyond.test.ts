import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { route as kind } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { differences } from "../support/observing";
import { plumb } from "../support/routes";
import { hostUrl, settings, testHost, World } from "../support/world";

const segments = ["fc00::1", "fc00::2"];

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

  test("an adopted route keeps attributes that have no input", async () => {
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

  test("a route of the kernel is neither adopted nor deleted", async () => {
    const inputs = inputsWith({ destination: "10.0.0.0/24", device: "d0", adopt: true });
    const error = await failure(() => create(kind, inputs, settings));
    expect(error).toMatchObject({ code: "LN_EXISTS", hint: expect.not.stringContaining("delete") });
    expect(error.message).toContain("belongs to the kernel, which makes it with an address");
    await remove(kind, kind.id(inputs as never), inputs, settings);
    expect(await ip("route", "show", "10.0.0.0/24")).toContain("proto kernel");
  });

  test("a resource that was renamed without an alias takes its route with adopt", async () => {
    const values = { destination: "10.32.0.0/16", via: "10.0.0.9" };
    const former = await create(kind, inputsWith({ ...values, owner: `${world.owner}/r1` }), settings);
    const renamed = inputsWith({ ...values, owner: `${world.owner}/r2`, adopt: true });
    const { id, outputs } = await create(kind, renamed, settings);
    // The engine deletes the former resource.
    await remove(kind, former.id, former.outputs, settings);
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    await remove(kind, id, outputs, settings);
    expect(await ip("route", "show", "10.32.0.0/16")).toBe("");
  });

  test.each([
    { destination: "10.34.0.0/16", via: "10.0.0.9", defaults: { metric: 0, table: 254 } },
    { destination: "2001:db8:34::/48", via: "2001:db8::9", defaults: { metric: 1024, table: 254 } },
  ])(
    "a route to $destination is one with its default metric and table, and without",
    async ({ defaults, ...values }) => {
      const former = await create(kind, inputsWith({ ...values, owner: `${world.owner}/r1` }), settings);
      const second = inputsWith({ ...values, ...defaults, owner: `${world.owner}/r2` });
      expect(kind.id(second as never)).toBe(former.id);
      const error = await failure(() => create(kind, second, settings));
      expect(error).toMatchObject({ code: "LN_EXISTS", mayPass: true });
      expect(error.message).toContain(`belongs to ${world.owner}/r1`);
      await remove(kind, former.id, former.outputs, settings);
    },
  );

  test.each([
    ["over IPv6", { destination: "10.33.0.0/16", via: "2001:db8::9", device: "d0" }, "via inet6 2001:db8::9 dev d0"],
    ["local", { destination: "10.33.0.0/16", type: "local", device: "lo" }, "local 10.33.0.0/16 dev lo"],
    [
      "several, IPv6",
      { destination: "2001:db8:33::/48", nextHops: [{ via: "2001:db8::9" }, { via: "2001:db8:1::9" }] },
      "nexthop via 2001:db8:1::9 dev d1",
    ],
  ])("can be made, read and removed: %s", async (_, values, shows) => {
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
  ])(
    "a route with an attribute that has no input is named and left alone: %s",
    async (_, version, destination, words, inexpressible) => {
      await ip("nexthop", "replace", "id", "35", "via", "10.0.0.9", "dev", "d0");
      await ip(version, "route", "add", destination, ...words, ...(words[0] === "nhid" ? [] : ["dev", "d0"]));
      const showRoutes = () => ip(version, "route", "show", destination);
      const before = await showRoutes();
      const importable = await kind.imports?.list(testHost(), netns);
      expect(importable).toContainEqual({
        id: `${destination}@${netns}`,
        omit: `there is no input for its ${inexpressible}`,
      });
      const inputs = inputsWith({ destination, device: "d0", adopt: true });
      expect(await failure(() => create(kind, inputs, settings))).toMatchObject({
        code: "LN_EXISTS",
        message: expect.stringContaining(`a route with ${inexpressible.replace(",", "")}`),
      });
      expect(await showRoutes()).toBe(before);
      await ip(version, "route", "del", destination);
      await ip("nexthop", "del", "id", "35");
    },
  );

  test("a route for packets from one network is named, and not mistaken for another", async () => {
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

  test("after ours is deleted, a route in its place is not taken, whoever made it", async () => {
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
    [{ via: "10.0.0.1", nextHops: [{ via: "10.0.0.1" }, { via: "10.0.0.2" }] }, "nextHops: replaces via"],
    [{ nextHops: [{ via: "10.0.0.1" }] }, "nextHops: must be at least two"],
    [{ nextHops: [{ via: "10.0.0.1" }, {}] }, "nextHops.1: needs via or device"],
    [{ via: "2001:db8::1" }, "device: is needed with a via of the other IP version"],
    [{ via: "10.0.0.1", onlink: true }, "onlink: needs via and device"],
    [{ type: "local", via: "10.0.0.1" }, "type: a local route needs device"],
    [{ type: "blackhole", mtu: 1400 }, "mtu: has no meaning"],
    [{ destination: "2001:db8::/32", via: "10.0.0.1" }, "via: must be an IPv6 address"],
    [{ destination: "2001:db8::/32", via: "fe80::1", device: "d0", metric: 0 }, "metric: must be at least 1"],
    [{ destination: "2001:db8::/32", device: "d0", scope: "link" }, "scope: has no meaning for IPv6 routes"],
    [{ device: "d0", protocol: "kernel" }, "protocol: must be one of boot, static"],
    [{ type: "blackhole", encapsulation: { type: "mpls", labels: [5] } }, "encapsulation: only a unicast route"],
    [{ device: "d0", encapsulation: { type: "mpls" } }, "encapsulation.labels: mpls needs it"],
    [{ device: "d0", encapsulation: { type: "mpls", labels: [1048576] } }, "encapsulation.labels.0: must be 0 to"],
    [
      { device: "d0", encapsulation: { type: "seg6", segments, id: 5 } },
      "encapsulation.id: must not be given for seg6",
    ],
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
      "encapsulation.table: must not be given for End",
    ],
    [
      { destination: "fc00::/48", device: "d0", encapsulation: { type: "seg6local", action: "End.DT6" } },
      "End.DT6 needs table or vrfTable",
    ],
    [
      { nextHops: [{ device: "d0", encapsulation: { type: "mpls" } }, { device: "d1" }] },
      "nextHops.0.encapsulation.labels: mpls needs it",
    ],
  ])("wrong inputs are refused at preview: %j", (values, reason) => {
    const { failures } = check(kind, { ...common, destination: "10.34.0.0/16", ...values });
    expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
  });
});
