import { openHost } from "../../provider/src/host";
import { linksOfThisProcess } from "../../provider/src/host/files";
import { ipAll } from "../../provider/src/tools/ip/batch";
import { showLink } from "../../provider/src/tools/ip/links";
import { failure } from "./support/contract";
import { settings, testHost, World } from "./support/world";

const world = new World();
const netns = world.netns("b");
const host = testHost();
const add = ["link", "add", "name", "br0", "type", "bridge"];
const up = ["link", "set", "dev", "br0", "up"];

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("several commands run in one process", async () => {
  const run = jest.spyOn(host, "run");
  await ipAll(host, netns, [add, up]);
  expect(run).toHaveBeenCalledTimes(1);
  run.mockRestore();
  expect(await world.run("ip", "-n", netns, "link", "show", "dev", "br0")).toContain(",UP");
});

test("a command that fails is named; those before it ran, and those after it did not", async () => {
  const addresses = ["10.0.0.1/24", "10.0.0.1/24", "10.0.0.2/24"].map((each) => ["addr", "add", each, "dev", "br0"]);
  const error = await failure(() => ipAll(host, netns, addresses));
  expect(error.code).toBe("LN_COMMAND");
  expect(error.command?.argv?.join(" ")).toBe(`ip -n ${netns} addr add 10.0.0.1/24 dev br0`);
  expect(error.command?.stderr).not.toContain("Command failed");
  const output = await world.run("ip", "-n", netns, "-4", "-o", "addr", "show", "dev", "br0");
  expect(output).toContain("10.0.0.1/24");
  expect(output).not.toContain("10.0.0.2/24");
});

test("requests at the same time share one process, and a failure ends only its own request", async () => {
  const run = jest.spyOn(host, "run");
  const bridge = (name: string) => [
    ["link", "add", "name", name, "type", "bridge"],
    ["link", "set", "dev", name, "up"],
  ];
  const broken = [bridge("br3")[0] ?? [], ["addr", "add", "10.0.3.1/24", "dev", "none"], bridge("br3")[1] ?? []];
  const requests = [[up], bridge("br1"), bridge("br2"), broken, bridge("br4")].map((each) => ipAll(host, netns, each));
  const [, , , failed, ...others] = await Promise.allSettled(requests);
  expect(run.mock.calls.length).toBeLessThanOrEqual(3);
  run.mockRestore();
  expect(others.map(({ status }) => status)).toEqual(["fulfilled"]);
  expect(failed).toMatchObject({ reason: { message: expect.stringContaining("addr add 10.0.3.1/24 dev none") } });
  const links = await Promise.all(["br1", "br2", "br3", "br4", "br5"].map((name) => showLink(host, netns, name)));
  expect(links.map((link) => link?.flags.includes("UP"))).toEqual([true, true, false, true, undefined]);
});

test("each request gets its own lists, also those before a failure", async () => {
  const named = (name: string) => ["addr", "show", "dev", name];
  const requests = [
    [up, named("br0")],
    [["link", "set", "dev", "br1", "mtu", "1400"]],
    [named("br1"), ["link", "set", "dev", "none", "up"]],
    [named("br2"), named("br4")],
  ];
  const run = jest.spyOn(host, "run");
  const results = await Promise.allSettled(requests.map((each) => ipAll(host, netns, each)));
  expect(run.mock.calls.length).toBeLessThanOrEqual(3);
  run.mockRestore();
  const names = results.map(
    (each) => each.status === "fulfilled" && each.value.flat().map((link) => Object(link).ifname),
  );
  expect(names).toEqual([["br0"], [], false, ["br2", "br4"]]);
});

test("a wrong argument, at which ip ends without naming a line, ends only its own request", async () => {
  const add = (name: string, ...more: string[]) => ["link", "add", "name", name, ...more, "type", "bridge"];
  const requests = [
    [add("br5"), up],
    [add("br6"), ["link", "set", "dev", "br6", "master", "nobr"], ["link", "set", "dev", "br6", "up"]],
    [add("br7"), ["addr", "show", "dev", "br7"]],
    [add("br8", "netns", "nons")],
  ];
  const results = await Promise.allSettled(requests.map((each) => ipAll(host, netns, each)));
  expect(results).toMatchObject([
    { status: "fulfilled" },
    {
      reason: { message: expect.stringMatching(/link set dev br6 master nobr .*\n.*"nobr" is wrong: Device does not/) },
    },
    { status: "fulfilled", value: [[{ ifname: "br7" }]] },
    { reason: { code: "LN_NETNS", message: expect.stringContaining('"nons"') } },
  ]);
  const names = await world.run("ip", "-n", netns, "-br", "link", "show", "type", "bridge");
  expect(names.match(/^br[5-8]/gm)).toEqual(["br5", "br6", "br7"]);
});

test("more commands than one process has time for run in several, and each gets its own answer", async () => {
  const routes = Array.from({ length: 1200 }, (_, index) => `10.${50 + Math.floor(index / 250)}.${index % 250}.0/24`);
  const run = jest.spyOn(host, "run");
  const results = await Promise.allSettled(
    [...routes, routes[700] ?? ""].map((each) => ipAll(host, netns, [["route", "add", "blackhole", each]])),
  );
  expect(run.mock.calls.length).toBeGreaterThan(2);
  run.mockRestore();
  expect(results.map(({ status }) => status === "fulfilled").lastIndexOf(false)).toBe(1200);
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
});

// Not by their folders in /proc/sys: the kernel removes the folder of a link whose mtu is too small for IPv4.
test("the links of this process's own namespace are known without a command", async () => {
  const links = JSON.parse((await openHost(undefined, settings).run(["ip", "-j", "link"])).stdout) as {
    ifname: string;
  }[];
  const names = links.map(({ ifname }) => ifname);
  expect(linksOfThisProcess()).toEqual(expect.arrayContaining(names));
  expect(names).toContain("lo");
});

test("for a namespace that does not exist, the error says so", async () => {
  await expect(ipAll(host, world.name("none"), [add, up])).rejects.toThrow("[LN_NETNS]");
});

test("a word that has another meaning in a list of commands is refused, and the other commands run", async () => {
  const other = ipAll(host, netns, [up, ["link", "set", "dev", "br0", "mtu", "1400"]]);
  for (const word of ["a b", "a#b", "a\\", '"', ""]) {
    await expect(ipAll(host, netns, [up, ["link", "set", "dev", "br0", "alias", word]])).rejects.toThrow(TypeError);
  }
  expect(await other).toEqual([]);
});
