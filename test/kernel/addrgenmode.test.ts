import { check, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import type { AnyKind } from "../../provider/src/core/kind";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { bridge, pod, vethPair } from "../../provider/src/kinds";
import { hostUrl, settings, World } from "./support/world";

// ip shows the mode with links, but not with addresses.

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

test.each(cases)(
  "$type: $path is as the program asks for, and read shows a change by hand",
  async ({ kind, path, values }) => {
    const place = { netns, ...(values.peer ? { peer: { ...values.peer, netns } } : {}) };
    const { inputs } = check(kind, { owner: world.owner, ...values, ...place, ...(hostUrl && { host: hostUrl }) });
    const { id, outputs } = await create(kind, inputs, settings);
    try {
      expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
      await by("br0", "eui64");
      const current = (await read(kind, id, outputs, settings))?.outputs ?? {};
      expect(diff(kind, current, inputs).replaces).toEqual([path]);
    } finally {
      await remove(kind, id, outputs, settings);
    }
  },
);

test("a pod's link has a link-local address as long as it has an IPv6 address", async () => {
  const common = { owner: world.owner, ...(hostUrl && { host: hostUrl }) };
  const port = await create(bridge, check(bridge, { ...common, name: "br0", netns }).inputs, settings);
  const inputsWith = (...addresses: string[]) =>
    check(pod, { ...common, name: world.name("p"), bridge: "br0", netns, addresses }).inputs;
  const current = async () => {
    const runInPod = (...argv: string[]) => world.run("ip", "netns", "exec", world.name("p"), ...argv);
    const linkLocal = await runInPod("ip", "-o", "-6", "addr", "show", "dev", "eth0", "scope", "link");
    return [(await runInPod("cat", "/proc/sys/net/ipv6/conf/eth0/addr_gen_mode")).trim(), linkLocal !== ""];
  };
  const [without, with6] = [inputsWith("10.0.1.2/24"), inputsWith("10.0.1.2/24", "fd00:1::2/64")];
  const { id, outputs } = await create(pod, without, settings);
  let now = outputs;
  try {
    expect(await current()).toEqual(["1", false]);
    now = await update(pod, id, now, with6, settings);
    expect(await current()).toEqual(["0", true]);
    now = await update(pod, id, now, without, settings);
    expect(await current()).toEqual(["1", false]);
  } finally {
    await remove(pod, id, now, settings);
    await remove(bridge, port.id, port.outputs, settings);
  }
});
