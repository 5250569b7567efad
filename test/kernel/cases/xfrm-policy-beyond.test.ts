import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { xfrmPolicy as kind } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { hostUrl, settings, testHost, World } from "../support/world";

beyond("XfrmPolicy: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("n");
  const there = { ...settings, host: hostUrl };
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "policy", ...args);
  const inputs = (values: Values) => {
    const given = { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
    const { inputs: checked, failures } = check(kind, given);
    expect(failures).toEqual([]);
    return checked;
  };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("policies that differ in one part of their selector do not touch each other", async () => {
    const base = { direction: "in", source: "10.1.0.0/24", destination: "10.2.0.0/24" };
    const all = [{}, { direction: "fwd" }, { mark: "1" }, { mark: "1/0xff" }, { ifId: 1 }, { source: "10.1.0.0/25" }];
    const ports = [{ protocol: "tcp" }, { protocol: "udp" }, { protocol: "tcp", sourcePort: 80 }];
    const more = [{ protocol: "tcp", destinationPort: 80 }];
    const each = [...all, ...ports, ...more].map((change) => inputs({ ...base, ...change }));
    const made = [];
    for (const values of each) made.push(await create(kind, values, settings));
    expect((await ip("list")).match(/^src /gm)).toHaveLength(each.length);
    const importable = (await kind.imports?.list(testHost(), netns)) ?? [];
    expect(importable.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
    for (const { id, outputs } of made.splice(0, 5)) await remove(kind, id, outputs, settings);
    for (const { id, outputs } of made) expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    for (const { id, outputs } of made) await remove(kind, id, outputs, settings);
    expect(await ip("list")).toBe("");
  });

  test.each([
    ["a flag", ["flag", "icmp"], "flag icmp"],
    ["a limit", ["limit", "byte-hard", "1000"], "limit"],
    [
      "a template of a protocol that there is no state for",
      ["tmpl", "proto", "comp", "mode", "transport"],
      /^templates/,
    ],
  ])("a policy with an attribute that has no input is named, and left alone: %s", async (_what, words, why) => {
    await ip("add", "src", "0.0.0.0/0", "dir", "in", ...words);
    const id = `in src 0.0.0.0/0 dst 0.0.0.0/0@${netns}`;
    const refused = await failure(() => findImportable(kind, id, "", there));
    expect(refused.message).toMatch(
      typeof why === "string" ? `a policy with ${why}` : /templates\.0\.protocol: must be esp or ah/,
    );
    expect(await failure(() => create(kind, inputs({ direction: "in" }), settings))).toMatchObject({
      code: "LN_EXISTS",
    });
    await ip("delete", "src", "0.0.0.0/0", "dir", "in");
  });
});
