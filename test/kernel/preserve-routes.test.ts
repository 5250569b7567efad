import { check, type Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { create } from "../../provider/src/core/lifecycle";
import { openHost } from "../../provider/src/host";
import { bridge, pod, route, vethPair } from "../../provider/src/kinds";
import { observedLink } from "../../provider/src/kinds/links/link";
import { preserveRoutes } from "../../provider/src/kinds/links/preserve";
import { showLink } from "../../provider/src/tools/ip/links";
import { watches } from "../../provider/src/tools/ip/watch-routes";
import { failure } from "./support/contract";
import { Engine } from "./support/engine";
import { hostUrl, settings, World } from "./support/world";

describe("a link with one address", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const engine = new Engine(bridge);
  const remarks: string[] = [];
  const up = (linkInputs: Values) =>
    engine.up({ name: "l0", netns, owner: world.owner, up: true, ...linkInputs, ...(hostUrl && { host: hostUrl }) });

  beforeAll(async () => {
    jest.spyOn(console, "error").mockImplementation((text) => remarks.push(String(text)));
    await world.build();
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await engine.destroy();
    expect(await world.cleanUp()).toEqual([]);
  });

  test("keeps its routes when the address changes in place", async () => {
    await up({ addresses: ["192.168.10.10/24"] });
    await ip("route", "add", "192.168.40.0/24", "via", "192.168.10.20", "proto", "157");
    await ip("route", "add", "192.168.41.0/24", "dev", "l0", "scope", "link");
    const before = await ip("route", "show", "root", "192.168.40.0/23");
    expect(before.split("\n")).toHaveLength(3);
    for (const address of ["192.168.10.11/24", "192.168.10.11/16", "192.168.10.12/24"]) {
      await up({ addresses: [address] });
      expect(await ip("route", "show", "root", "192.168.40.0/23")).toBe(before);
    }
    expect(remarks).toEqual([]);
  });

  test("names a route whose next hop can no longer be reached", async () => {
    await up({ addresses: ["172.16.0.1/24"] });
    expect(await ip("route", "show", "root", "192.168.40.0/23")).toContain("192.168.41.0/24 dev l0 scope link");
    expect(remarks.splice(0)).toEqual([
      expect.stringMatching(
        new RegExp(`^link l0@${netns} changed: .*: route unicast 192.168.40.0/24 via 192.168.10.20 .*invalid gateway`),
      ),
    ]);
  });

  test("names the routes that are lost when it goes down, and keeps the addresses of others", async () => {
    await ip("addr", "add", "2001:db8::77/64", "dev", "l0", "nodad");
    await up({ addresses: ["172.16.0.1/24", "2001:db8::1/64"] });
    await up({ addresses: ["172.16.0.1/24"], up: false });
    expect(await ip("addr", "show", "dev", "l0")).not.toContain("2001:db8::1/64");
    expect(remarks.splice(0)).toEqual([expect.stringContaining("192.168.41.0/24 dev l0")]);
    expect(await ip("addr", "show", "dev", "l0")).toContain("2001:db8::77/64");
    await up({ addresses: ["172.16.0.1/24"], up: true });
    expect(await ip("addr", "show", "dev", "l0")).toContain("2001:db8::77/64");
  });

  test("refuses an mtu with which the kernel would remove others' IPv6 addresses", async () => {
    const error = await failure(() => up({ addresses: ["172.16.0.1/24"], mtu: 1279 }));
    expect(error).toMatchObject({ code: "LN_INPUT", message: expect.stringContaining("2001:db8::77/64") });
    expect(await ip("link", "show", "dev", "l0")).toContain("mtu 1500");
    await ip("addr", "del", "2001:db8::77/64", "dev", "l0");
    await up({ addresses: ["172.16.0.1/24"], mtu: 1279 });
  });
});

test("an mtu that is too small for an IPv6 address is refused before anything is changed", () => {
  const wrong = (kind: AnyKind, inputs: Values) => check(kind, { owner: "a/b/c", ...inputs }).failures;
  const small = { mtu: 1279, addresses: ["10.0.0.1/8", "2001:db8::1/64"] };
  const rule = "must be at least 1280 for an IPv6 address";
  expect(wrong(bridge, { name: "b", ...small })).toEqual([{ property: "mtu", reason: `mtu: ${rule}` }]);
  expect(wrong(vethPair, { name: "a", peer: { name: "b", ...small } })).toEqual([
    { property: "peer.mtu", reason: `peer.mtu: ${rule}` },
  ]);
  expect(wrong(pod, { name: "p", bridge: "b", ...small })).toHaveLength(1);
  expect(wrong(pod, { name: "p", bridge: "b", mtu: 1279, gateway6: "fe80::1" })).toHaveLength(1);
  expect(wrong(pod, { name: "p", bridge: "b", mtu: 1279, addresses: ["10.0.0.1/8"] })).toEqual([]);
});

describe("a route that is made between the read and the change", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);

  beforeAll(() => world.build());
  afterAll(async () => {
    expect(await world.cleanUp()).toEqual([]);
  });

  test("exists after the change", async () => {
    await ip("link", "add", "l0", "type", "bridge");
    await ip("link", "set", "dev", "l0", "up");
    await ip("address", "add", "10.1.0.1/24", "dev", "l0");
    const host = openHost(hostUrl, settings);
    const link = await showLink(host, netns, "l0");
    if (!link) throw new Error("there is no link");
    const restore = await preserveRoutes(host, { name: "l0", netns }, observedLink(link, ""));
    for (const destination of ["10.9.0.0/16", "fd00:9::/64"])
      await create(
        route,
        { netns, destination, device: "l0", owner: world.owner, ...(hostUrl && { host: hostUrl }) },
        settings,
      );
    // With the last address the kernel removes all routes of its IP version.
    await ip("address", "del", "10.1.0.1/24", "dev", "l0");
    expect(await ip("route", "show", "10.9.0.0/16")).toBe("");
    await restore();
    expect(await ip("route", "show", "10.9.0.0/16")).toContain("dev l0");
    expect((await ip("-6", "route", "show", "fd00:9::/64")).split("\n").filter(Boolean)).toHaveLength(1);
  });

  test("is no longer watched for if the read fails", async () => {
    const host = openHost(hostUrl, settings);
    const link = await showLink(host, netns, "l0");
    if (!link) throw new Error("there is no link");
    const preserving = preserveRoutes(host, { name: "l0", netns: world.name("z") }, observedLink(link, ""));
    expect(await failure(() => preserving)).toMatchObject({ code: "LN_NETNS" });
    expect(watches.size).toBe(0);
  });
});
