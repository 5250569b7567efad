import { unknown, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { check, create, PartialError, read, remove, update } from "../../provider/src/core/lifecycle";
import { broken, faults, shelf, toy } from "./support/toy";

const settings = { sudo: false };
const inputs = (values: Values = {}): Values => ({ name: "ball", owner: "me", color: "red", ...values });

beforeEach(() => {
  shelf.clear();
  for (const key of Object.keys(faults)) delete faults[key as keyof typeof faults];
});

async function error(body: Promise<unknown>): Promise<Error> {
  return body.then(
    () => Promise.reject(new Error("it succeeded, and should have failed")),
    (reason: Error) => reason,
  );
}

test("create returns inputs and outputs, including those that cannot be observed", async () => {
  const { id, outputs } = await create(toy, inputs({ size: 3 }), settings);
  expect(id).toBe("ball");
  expect(outputs).toEqual({ name: "ball", owner: "me", color: "red", size: 3, serial: 7, secret: "s" });
});

test("create refuses bad inputs before it changes anything", async () => {
  expect((await error(create(toy, inputs({ color: 5 }), settings))).message).toMatch(/^Toy me: check: color: /);
  expect((await error(create(toy, inputs({ color: "blue", size: 1 }), settings))).message).toContain(
    "size: no blue toy",
  );
  expect(shelf.size).toBe(0);
});

test("create refuses values that are unknown, as in a preview", async () => {
  const failed = await error(create(toy, inputs({ tags: [unknown, 5] }), settings));
  expect(failed).toMatchObject({ code: "LN_INPUT" });
  expect(shelf.size).toBe(0);
});

test("a create that fails half-way returns what exists, with its id", async () => {
  faults.afterColor = broken;
  const partial = (await error(create(toy, inputs({ size: 3, color: "green" }), settings))) as PartialError;
  expect(partial).toBeInstanceOf(PartialError);
  expect(partial.id).toBe("ball");
  expect(partial.properties).toMatchObject({ name: "ball", color: "green", size: 0, owner: "me" });
  expect(partial.message).toMatch(/^Toy ball: create: the brush broke \[LN_COMMAND\]/);
});

test("after that, the difference is what is missing, and update makes it", async () => {
  faults.afterColor = broken;
  const { properties } = (await error(create(toy, inputs({ size: 3 }), settings))) as PartialError;
  delete faults.afterColor;
  expect(diff(toy, properties, inputs({ size: 3 }))).toEqual({ changes: true, replaces: [] });
  expect(await update(toy, "ball", properties, inputs({ size: 3 }), settings)).toMatchObject({ size: 3, color: "red" });
});

test("an update that fails half-way keeps in the state what it should have taken away, and what cannot be observed", async () => {
  const before = inputs({ size: 3, tags: ["old"], place: { row: 1, note: "then" } });
  const { id, outputs } = await create(toy, before, settings);
  faults.afterColor = broken;
  const after = inputs({ color: "green", tags: ["new"], place: { row: 1, note: "now" } });
  const { properties } = (await error(update(toy, id, outputs, after, settings))) as PartialError;
  expect(properties).toMatchObject({ color: "green", size: 3, tags: ["old"], place: { row: 1, note: "then" } });
});

test("create after a crash that lost the state finishes the object with our mark", async () => {
  shelf.set("ball", { color: "", size: 0, owner: "me", tags: [] });
  expect((await create(toy, inputs({ size: 3 }), settings)).outputs).toMatchObject({ color: "red", size: 3 });
});

test("if nothing was made, the error is not a partial one", async () => {
  faults.observe = broken;
  expect(await error(create(toy, inputs(), settings))).not.toBeInstanceOf(PartialError);
});

test("if the kernel did not apply a change, the error names the field and both values", async () => {
  faults.lie = true;
  const partial = (await error(create(toy, inputs(), settings))) as PartialError;
  expect(partial.message).toContain('color: wanted "red", seen "grey" [LN_VERIFY]');
  expect(partial.properties).toMatchObject({ color: "grey" });
});

test("the result of the change itself is verified, without another read", async () => {
  faults.shown = { size: 9 };
  expect((await error(create(toy, inputs({ size: 3 }), settings))).message).toContain("size: wanted 3, seen 9");
  faults.shown = {};
  expect((await create(toy, inputs({ size: 3 }), settings)).outputs).toMatchObject({ size: 3, serial: 7, secret: "s" });
});

test("an object of another owner is left alone: create refuses it, read does not find it, delete does nothing", async () => {
  const theirs = { color: "red", size: 0, owner: "they", tags: [] };
  shelf.set("ball", theirs);
  const refused = await error(create(toy, inputs(), settings));
  expect(refused).toMatchObject({ code: "LN_EXISTS" });
  expect(refused.message).toContain("belongs to they");
  expect(refused).not.toBeInstanceOf(PartialError);
  expect(await error(update(toy, "ball", inputs(), inputs({ color: "green" }), settings))).toMatchObject({
    code: "LN_EXISTS",
  });
  expect(await read(toy, "ball", inputs(), settings)).toBeUndefined();
  await remove(toy, "ball", inputs(), settings);
  expect(shelf.get("ball")).toEqual(theirs);
});

test("with adopt, an object that is as asked for is taken, and another is refused with the difference", async () => {
  shelf.set("ball", { color: "green", size: 0, owner: "", tags: [] });
  const refused = await error(create(toy, inputs({ adopt: true }), settings));
  expect(refused).toMatchObject({ code: "LN_ADOPT" });
  expect(refused.message).toContain('color: wanted "red", seen "green"');
  expect(shelf.get("ball")?.owner).toBe("");
  await create(toy, inputs({ adopt: true, color: "green" }), settings);
  expect(shelf.get("ball")?.owner).toBe("me");
});

test("with adopt, an object of another kind is still refused", async () => {
  shelf.set("ball", { color: "red", size: 0, owner: "a box", tags: [], otherKind: true });
  expect(await error(create(toy, inputs({ adopt: true }), settings))).toMatchObject({ code: "LN_EXISTS" });
  expect(shelf.get("ball")?.owner).toBe("a box");
});

test("after a rename, it is ours by its former mark: update marks it anew, also after a crash half-way, and delete removes it", async () => {
  const { id, outputs } = await create(toy, inputs(), settings);
  const renamed = inputs({ owner: "me, renamed" });
  faults.afterColor = broken;
  await error(update(toy, id, outputs, renamed, settings));
  expect(shelf.get("ball")?.owner).toBe("me, renamed");
  faults.afterColor = undefined;
  const { owner } = await update(toy, id, outputs, renamed, settings);
  expect(owner).toBe("me, renamed");
  Object.assign(shelf.get("ball") ?? {}, { owner: "they" });
  expect(await error(update(toy, id, outputs, renamed, settings))).toMatchObject({ code: "LN_EXISTS" });
  Object.assign(shelf.get("ball") ?? {}, { owner: "me" });
  await remove(toy, id, outputs, settings);
  expect(shelf.size).toBe(0);
});

test("an input that is taken away is as if it had never been set", async () => {
  const { id, outputs } = await create(toy, inputs({ size: 3, tags: ["a", "b"] }), settings);
  const updated = await update(toy, id, outputs, inputs({ tags: ["b"] }), settings);
  expect(shelf.get("ball")).toMatchObject({ size: 0, tags: ["b"] });
  expect(updated).not.toHaveProperty("size");
});

test("an input that was taken away but stays is an error that names it", async () => {
  const { id, outputs } = await create(toy, inputs({ tags: ["a", "b"] }), settings);
  faults.keepsTags = true;
  const failed = await error(update(toy, id, outputs, inputs({ tags: ["b"] }), settings));
  expect(failed.message).toContain('tags: wanted nothing, seen ["a"] [LN_VERIFY]');
});

test("of an object of a crashed run without a state, all inputs that are not set now are taken away", async () => {
  shelf.set("ball", { color: "green", size: 3, owner: "me", tags: ["old"] });
  await create(toy, inputs({ tags: ["new"] }), settings);
  expect(shelf.get("ball")).toMatchObject({ color: "red", size: 0, tags: ["new"] });
});

test("an object of such a run that cannot be changed in place is replaced", async () => {
  shelf.set("ball", { color: "green", size: 3, owner: "me", tags: [], shape: "round" });
  await create(toy, inputs({ shape: "square" }), settings);
  expect(shelf.get("ball")).toMatchObject({ shape: "square", size: 0 });
});

test("read shows drift in inputs that are set, and no other difference", async () => {
  const { outputs } = await create(toy, inputs({ tags: ["a", "b"] }), settings);
  Object.assign(shelf.get("ball") ?? {}, { color: "green", size: 99, tags: ["b", "theirs"] });
  const refreshed = await read(toy, "ball", outputs, settings);
  expect(refreshed?.inputs).toEqual({ name: "ball", owner: "me", color: "green", tags: ["b"] });
  expect(diff(toy, refreshed?.inputs ?? {}, inputs({ tags: ["a", "b"] }))).toEqual({ changes: true, replaces: [] });
});

test("a delete that fails succeeds if the object is gone meanwhile, and else says why it failed", async () => {
  const { id, outputs } = await create(toy, inputs(), settings);
  faults.remove = () => {
    throw broken;
  };
  expect((await error(remove(toy, id, outputs, settings))).message).toMatch(/^Toy ball: delete: the brush broke/);
  expect(shelf.size).toBe(1);
  faults.remove = () => {
    shelf.clear();
    throw broken;
  };
  await remove(toy, id, outputs, settings);
});

test("delete of an object that is gone succeeds, and update makes it again", async () => {
  const { id, outputs } = await create(toy, inputs(), settings);
  await remove(toy, id, outputs, settings);
  expect(await read(toy, id, outputs, settings)).toBeUndefined();
  await remove(toy, id, outputs, settings);
  await update(toy, id, outputs, inputs(), settings);
  expect(shelf.has("ball")).toBe(true);
});

test("check: rules between inputs apply only when all of them are known", () => {
  const values = { name: "ball", owner: "me", color: "blue", size: unknown };
  expect(check(toy, values)).toEqual({ inputs: values, failures: [] });
  expect(check(toy, { ...values, size: 1 }).failures).toEqual([
    { property: "size", reason: "size: no blue toy is that small" },
  ]);
});
