import type { Values } from "../../provider/src/core/check";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { address, bridge, bridgeFdb, qdisc, vxlan } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { hostUrl, settings, World } from "./support/world";

// Two resources that swap what they have: the engine replaces both at the same time, so one of them asks for its new place
// while the other still has it.

const world = new World();
const netns = world.netns("n");
const vxlanOptions = { vni: 7, local: "127.0.0.1" };

beforeAll(async () => {
  await world.build();
  await world.script(
    netns,
    "ip link add d0 type bridge; ip link set d0 up; ip link add x0 type vxlan id 9 dstport 4790",
  );
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const at = (resource: string, inputs: Values): Values => ({
  ...{ netns, owner: `${world.owner}/${resource}`, ...inputs },
  ...(hostUrl && { host: hostUrl }),
});
const fdb = { device: "x0", mac: "02:00:00:00:00:09", table: "self" };

test.each([
  [
    "an IPv6 address that has a peer",
    ...([address, { device: "d0", address: "fd00:78::1/128", peer: "fd00:79::1", noDad: true }] as const),
    ...([address, { device: "d0", address: "fd00:78::1/128", noDad: true }] as const),
  ],
  ["the name of a link of another kind", bridge, { name: "s0" }, vxlan, { name: "s0", ...vxlanOptions }],
  [
    "a queue of another kind",
    ...([qdisc, { device: "d0", kind: "ingress" }] as const),
    ...([qdisc, { device: "d0", kind: "clsact" }] as const),
  ],
  [
    "the entry for a MAC address to another destination",
    ...([bridgeFdb, { ...fdb, destination: "10.0.0.1" }] as const),
    ...([bridgeFdb, { ...fdb, destination: "10.0.0.2" }] as const),
  ],
])("%s passes to the other resource", async (_, kind, inputs, otherKind, otherInputs) => {
  const [was, is] = [at("one", inputs), at("two", otherInputs)];
  const first = await create(kind as never, was as never, settings);
  const refused = await failure(() => create(otherKind as never, is as never, settings));
  expect(refused).toMatchObject({ code: "LN_EXISTS" });
  const [second] = await Promise.all([
    create(otherKind as never, is as never, settings),
    remove(kind as never, first.id, first.outputs, settings),
  ]);
  expect((await read(otherKind as never, second.id, second.outputs, settings))?.outputs).toEqual(second.outputs);
  await remove(otherKind as never, second.id, second.outputs, settings);
});
