import { differences, type Kernel, readKernel } from "./support/kernel-state";
import type { Program, Resource } from "./support/program";
import { Provider } from "./support/provider";
import { restore } from "./support/restore";
import { Stack } from "./support/stack";

// What goes with a link that is changed or replaced, and is asked for all the same, is there after the same `pulumi up`.

const inN1 = { netns: { ref: "n1" } };
const n1: Resource = { name: "n1", type: "Netns", inputs: {} };
const v1 = (inputs: object): Resource => ({
  name: "v1",
  type: "VethPair",
  inputs: { ...inN1, addresses: ["10.0.2.3/24", "fd00:2::3/64"], peer: { ...inN1, name: "v1-far" }, ...inputs },
});
const route = (name: string, inputs: object): Resource => ({
  ...{ name, type: "Route", inputs: { ...inN1, ...inputs } },
  dependsOn: ["v1"],
});
const via4 = route("r4", { destination: "10.8.0.0/16", via: "10.0.2.1" });
const via6 = route("r6", { destination: "fd00:8::/64", via: "fd00:2::1" });
const device = route("r0", { destination: "10.9.0.0/16", device: "v1" });
const setting: Resource = {
  ...{ name: "s1", type: "Sysctl", inputs: { ...inN1, key: "net/ipv4/conf/v1/proxy_arp", value: 1 } },
  dependsOn: ["v1"],
};
const rule = (inputs: object): Resource => ({
  ...{ name: "f1", type: "IptablesRule", inputs: { ...inN1, table: "mangle", chain: "INPUT", ...inputs } },
});
const set = (inputs: object): Resource => ({
  ...{ name: "t1", type: "IpSet", inputs: { ...inN1, type: "hash:ip", ...inputs } },
});
const chain = (inputs: object): Resource => ({
  ...{ name: "c1", type: "IptablesChain", inputs: { ...inN1, table: "mangle", ...inputs } },
});
const t1 = { name: { ref: "t1" }, flags: ["src"] };
const users = {
  "a set that a rule matches": [set, rule({ target: "RETURN", matchSet: t1 })],
  "a set that a rule adds to": [set, rule({ target: "SET", addSet: t1 })],
  "a set that a rule takes from": [set, rule({ target: "SET", delSet: t1 })],
  "a chain that a rule jumps to": [chain, rule({ target: { ref: "c1" } })],
} as const;

const replacements: readonly (readonly [what: string, a: Program, b: Program])[] = [
  ["a link gets another name", [n1, v1({}), via4, via6], [n1, v1({ name: "v9" }), via4, via6]],
  [
    "a link is replaced under its name",
    [n1, v1({}), via4, via6, device, setting],
    [n1, v1({ peer: { ...inN1, name: "v9-far" } }), via4, via6, device, setting],
  ],
  // The kernel keeps what is in use, so the rule goes first.
  ...Object.entries(users).map(
    ([what, [used, user]]) =>
      [`${what} gets another name`, [n1, used({}), user], [n1, used({ name: "x9" }), user]] as const,
  ),
  // The engine deletes the rule before the set, and makes it anew at the same time.
  [
    "a set gets another name, and a rule gives it up",
    [n1, set({}), rule({ target: "RETURN", matchSet: t1 })],
    [n1, set({ name: "x9" }), rule({ target: "RETURN" })],
  ],
];

let clean: Kernel;

beforeAll(async () => {
  clean = await readKernel();
});
afterEach(() => restore(clean));

/** What the programs make of the host, one after the other. */
async function brought(...programs: Program[]): Promise<Kernel> {
  const stack = new Stack(new Provider());
  for (const program of programs) expect((await stack.up(program)).errors).toEqual([]);
  return settled(stack);
}

/** What there is, which no refresh and no destroy may find otherwise. */
async function settled(stack: Stack): Promise<Kernel> {
  const kernel = await readKernel();
  expect((await stack.refresh()).steps).toEqual([]);
  expect((await stack.destroy()).errors).toEqual([]);
  return kernel;
}

test.each(replacements)("%s", async (_what, a, b) => {
  const updated = await brought(a, b);
  await restore(clean);
  expect(differences(await brought(b), updated)).toEqual([]);
});

test("a route over a link that is down fails in an update as in a create, and is back with the link", async () => {
  const [a, b] = [
    [n1, v1({ up: true }), via4],
    [n1, v1({ up: false }), via4],
  ] as const;
  const stack = new Stack(new Provider());
  await stack.up(a);
  const refused = { step: { name: "r4" }, message: expect.stringContaining("no link that is up leads there") };
  expect((await stack.up(b)).errors).toMatchObject([refused]);
  expect((await stack.up(a)).errors).toEqual([]);
  const updated = await settled(stack);
  await restore(clean);
  expect((await new Stack(new Provider()).up(b)).errors).toMatchObject([refused]);
  await restore(clean);
  expect(differences(await brought(a), updated)).toEqual([]);
});
