import type { LinkArgs } from "../../provider/src/kinds/links/options";
import { showSides } from "../../provider/src/kinds/links/side-inputs";
import { showLink } from "../../provider/src/tools/ip/links";
import { testHost, World } from "./support/world";

// A destroy removes independent objects at the same time, such as a namespace and a link with one end in it.

const world = new World();
const netns = world.netns("here");
const there = world.netns("there");
beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

async function made() {
  const pair = ["v", "type", "veth", "peer", "name", "w", "netns", there];
  await world.run("ip", "-n", netns, "link", "add", "name", ...pair);
  const link = await showLink(testHost(), netns, "v");
  if (!link) throw new Error("no link v");
  return link;
}
const args = { name: "v", netns, offloads: { tx: true } } as unknown as LinkArgs;
const show = async (link: Awaited<ReturnType<typeof made>>) => showSides(testHost(), args, undefined, link);

test("the offloads of an existing link are read", async () => {
  const link = await made();
  expect(await show(link)).toMatchObject({ ifname: "v", offloads: { tx: true } });
  await world.run("ip", "-n", netns, "link", "del", "v");
});

test("a link that disappears before its offloads are read is gone, and so is one that was removed", async () => {
  const link = await made();
  await world.run("ip", "-n", there, "link", "del", "w");
  expect(await show(link)).toBeUndefined();
  await made();
  await world.run("ip", "-n", netns, "link", "del", "v");
  expect(await show(link)).toBeUndefined();
});
