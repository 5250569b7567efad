import { check, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import type { AnyKind } from "../../provider/src/core/kind";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { bridge, vethPair } from "../../provider/src/kinds";
import { hostUrl, settings, World } from "./support/world";

// ip shows the mode with a link alone, and not with its addresses.

const world = new World();
const netns = world.netns("a");
const by = (link: string, mode: string) =>
  world.run("ip", "-n", netns, "link", "set", "dev", link, "addrgenmode", mode);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const cases: { kind: AnyKind; type: string; path: string; values: Values }[] = [
  { kind: bridge, type: "Bridge", path: "addrgenmode", values: { name: "br0", addrgenmode: "none" } },
  {
    kind: vethPair,
    type: "VethPair",
    path: "peer.addrgenmode",
    values: { name: "v0", addrgenmode: "none", peer: { name: "br0", addrgenmode: "random" } },
  },
];

test.each(cases)("$type: $path is what was asked for, and seen when it changes", async ({ kind, path, values }) => {
  const place = { netns, ...(values.peer ? { peer: { ...values.peer, netns } } : {}) };
  const { inputs } = check(kind, { owner: world.owner, ...values, ...place, ...(hostUrl && { host: hostUrl }) });
  const { id, outputs } = await create(kind, inputs, settings);
  try {
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    await by("br0", "eui64");
    const seen = (await read(kind, id, outputs, settings))?.outputs ?? {};
    expect(diff(kind, seen, inputs).replaces).toEqual([path]);
  } finally {
    await remove(kind, id, outputs, settings);
  }
});
