import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { wireguardKey as kind } from "../../../provider/src/kinds";
import { publicKeyOf } from "../../../provider/src/kinds/links/wireguard-args";

// A key makes no object on a host, so the contract does not apply to it. No host is needed.
const settings = { sudo: false, host: "ssh://root@127.0.0.1:1", connectTimeoutSeconds: 1 };
const inputs = (name: string) => ({ owner: `project/stack/${name}` });
const make = async (name: string) => (await create(kind, inputs(name), settings)).outputs;

test("a key is as the kernel stores it, has its public key, and differs each time", async () => {
  const [one, other] = [await make("one"), await make("one")];
  const bytes = Buffer.from(String(one.privateKey), "base64");
  expect(bytes).toHaveLength(32);
  expect([bytes.readUInt8(0) & 7, bytes.readUInt8(31) & 0xc0]).toEqual([0, 0x40]);
  expect(one.publicKey).toBe(publicKeyOf(String(one.privateKey)));
  expect(other.privateKey).not.toBe(one.privateKey);
});

test("it stays the same until its resource is replaced", async () => {
  const made = await make("one");
  const importable = await read(kind, "project/stack/one", made, settings);
  expect(importable?.outputs).toEqual(made);
  const { owner: _, ...keys } = made;
  expect(await update(kind, "project/stack/one", made, inputs("renamed"), settings)).toMatchObject(keys);
  await remove(kind, "project/stack/one", made, settings);
});
