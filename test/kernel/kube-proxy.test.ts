import { objectsOf } from "../../provider/src/components/kube-proxy/objects";
import { check, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { create, remove, update } from "../../provider/src/core/lifecycle";
import { kinds } from "../../provider/src/kinds";
import { type Family, recorded, type Saved, tablesIn } from "../fixtures/kube-proxy/recorded";
import { shapes } from "../fixtures/kube-proxy/shapes";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const netns = world.netns("a");

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

interface Resource {
  readonly kind: keyof typeof kinds;
  readonly id: string;
  readonly outputs: Values;
}

/** What there is; what needs another stands behind it. */
const state = new Map<string, Resource>();

/** Brings a node up in place of the one before, as the engine does it: what is new and what differs, then what is left goes. */
async function bringUp(shape: string): Promise<void> {
  const objects = objectsOf(shape, shapes[shape] ?? {});
  for (const { kind: type, name, inputs } of objects) {
    const kind = kinds[type] as (typeof kinds)[string];
    const given = { ...inputs, netns, owner: `lnt/${world.tag}/${name}`, ...(hostUrl && { host: hostUrl }) };
    const { inputs: wanted, failures } = check(kind, given);
    expect({ name, failures }).toEqual({ name, failures: [] });
    const had = state.get(name);
    state.delete(name);
    if (!had) state.set(name, { kind: type, ...(await create(kind, wanted, settings)) });
    else if (!diff(kind, had.outputs, wanted).changes) state.set(name, had);
    else state.set(name, { ...had, outputs: await update(kind, had.id, had.outputs, wanted, settings) });
  }
  const names = new Set(objects.map(({ name }) => name));
  const surplus = [...state].filter(([name]) => !names.has(name));
  for (const [name, { kind, id, outputs }] of surplus.reverse()) {
    await remove(kinds[kind] as (typeof kinds)[string], id, outputs, settings);
    state.delete(name);
  }
}

/** The rules of the chains, as iptables-save prints them but for our marks; of matches, the order means nothing. */
function texts({ chains, rules }: Saved) {
  const lines = rules.map(({ text }) => {
    const unmarked = text
      .replace(/ -m comment --comment "?localnet:\S+/, "")
      .replace(/ localnet:[^ "]+"/, '"')
      .replace(/--comment "(\S+)"/, "--comment $1");
    const [first, ...parts] = unmarked.replace(" -j ", " -m ~j ").split(" -m ");
    // A match of the protocol that asks for nothing: -p says as much.
    const matches = parts.filter((part) => !/^(tcp|udp)$/.test(part));
    return [first, ...matches.sort()].join(" -m ").replace("-m ~j", "-j");
  });
  // Chains have no order, and the rules in one do.
  return {
    chains,
    rules: lines.toSorted((one, other) => (chainOf(one) < chainOf(other) ? -1 : Number(chainOf(one) > chainOf(other)))),
  };
}

function chainOf(line: string): string {
  return line.split(" ")[1] ?? "";
}

async function seen(family: Family) {
  const tables = tablesIn(await world.inside(netns, family === "ipv4" ? "iptables-save" : "ip6tables-save"));
  return Object.fromEntries(Object.entries(tables).map(([table, saved]) => [table, texts(saved)]));
}

function expected(shape: string, family: Family) {
  return Object.fromEntries(Object.entries(recorded(shape, family)).map(([table, saved]) => [table, texts(saved)]));
}

test.each(Object.keys(shapes))("%s: iptables-save prints what it prints with kube-proxy", async (shape) => {
  await bringUp(shape);
  for (const family of ["ipv4", "ipv6"] as const) expect(await seen(family)).toEqual(expected(shape, family));
});
