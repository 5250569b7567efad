import { ipAll } from "../../provider/src/tools/ip/batch";
import { showLink } from "../../provider/src/tools/ip/links";
import { failure } from "./support/contract";
import { testHost, World } from "./support/world";

const world = new World();
const netns = world.netns("b");
const host = testHost();
const add = ["link", "add", "name", "br0", "type", "bridge"];
const up = ["link", "set", "dev", "br0", "up"];

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("several commands are one process", async () => {
  const run = jest.spyOn(host, "run");
  await ipAll(host, netns, [add, up]);
  expect(run).toHaveBeenCalledTimes(1);
  run.mockRestore();
  expect(await world.run("ip", "-n", netns, "link", "show", "dev", "br0")).toContain(",UP");
});

test("one that fails is named, what was before it is done, and what is behind it is not", async () => {
  const addresses = ["10.0.0.1/24", "10.0.0.1/24", "10.0.0.2/24"].map((each) => ["addr", "add", each, "dev", "br0"]);
  const error = await failure(() => ipAll(host, netns, addresses));
  expect(error.code).toBe("LN_COMMAND");
  expect(error.ran?.argv?.join(" ")).toBe(`ip -n ${netns} addr add 10.0.0.1/24 dev br0`);
  expect(error.ran?.stderr).not.toContain("Command failed");
  const seen = await world.run("ip", "-n", netns, "-4", "-o", "addr", "show", "dev", "br0");
  expect(seen).toContain("10.0.0.1/24");
  expect(seen).not.toContain("10.0.0.2/24");
});

test("what is asked for at once is one process; what fails ends its own request and no other", async () => {
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

test("who asks to be shown something gets that list, and no other's; one before a failure too", async () => {
  const named = (name: string) => ["addr", "show", "dev", name];
  const requests = [
    [up, named("br0")],
    [["link", "set", "dev", "br1", "mtu", "1400"]],
    [named("br1"), ["link", "set", "dev", "none", "up"]],
    [named("br2"), named("br4")],
  ];
  const run = jest.spyOn(host, "run");
  const told = await Promise.allSettled(requests.map((each) => ipAll(host, netns, each)));
  expect(run.mock.calls.length).toBeLessThanOrEqual(3);
  run.mockRestore();
  const names = told.map((each) => each.status === "fulfilled" && each.value.flat().map((link) => Object(link).ifname));
  expect(names).toEqual([["br0"], [], false, ["br2", "br4"]]);
});

test("of a namespace that is not there it says just that", async () => {
  await expect(ipAll(host, world.name("none"), [add, up])).rejects.toThrow("[LN_NETNS]");
});

test("a word that a list of commands would read otherwise is refused", async () => {
  for (const word of ["a b", "a#b", "a\\", '"', ""]) {
    await expect(ipAll(host, netns, [up, ["link", "set", "dev", "br0", "alias", word]])).rejects.toThrow(TypeError);
  }
});
