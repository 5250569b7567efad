import { diff, usePlugin } from "./support/plugin-client";

usePlugin();

test("diff shows how each input changes, and whether that replaces", async () => {
  const olds = { name: "v", mtu: 1400, mac: "02:00:00:00:00:01", up: true, promiscuous: false };
  const far = { name: "p", up: true, promiscuous: false };
  const [before, after] = [
    { ...olds, peer: far },
    { name: "w", mtu: 1300, hairpin: true, master: "b", peer: { ...far, netns: "n" } },
  ];
  expect(await diff("VethPair", { olds: before, news: after })).toEqual({
    changes: true,
    replaces: ["name", "peer.netns"],
    deleteFirst: true,
    detail: {
      ...{ name: "UPDATE_REPLACE", "peer.netns": "ADD_REPLACE" },
      ...{ mtu: "UPDATE", mac: "DELETE", hairpin: "ADD", master: "ADD" },
    },
  });
  expect((await diff("VethPair", { olds: before, news: { ...olds, peer: { name: "p" } } })).changes).toBe(false);
});

test("of an imported object, only inputs that are set now or were set at import can differ", async () => {
  const olds = { imported: true, name: "b", mtu: 1500, mac: "02:00:00:00:00:01", up: true, promiscuous: false };
  const oldInputs = { name: "b" };
  expect((await diff("Bridge", { olds, oldInputs, news: { name: "b" } })).changes).toBe(false);
  expect((await diff("Bridge", { olds, oldInputs, news: { name: "b", mtu: 1500 } })).changes).toBe(false);
  expect((await diff("Bridge", { olds, oldInputs, news: { name: "b", mtu: 1400 } })).detail).toEqual({ mtu: "UPDATE" });
  const request = { olds, oldInputs: { name: "b", mtu: 1500 }, news: { name: "b" } };
  expect((await diff("Bridge", request)).detail).toEqual({ mtu: "DELETE" });
});

test("an object on another host than the provider's is replaced, unless it names its host itself", async () => {
  const recorded = (host: string) => ({ olds: { name: "b", __host: host }, oldInputs: { name: "b" } });
  const there = await diff("Bridge", { ...recorded("ssh://a"), news: { name: "b" } });
  expect(there).toEqual({ changes: true, replaces: ["host"], deleteFirst: true, detail: { host: "DELETE_REPLACE" } });
  expect((await diff("Bridge", { ...recorded(""), news: { name: "b" } })).changes).toBe(false);
  const withHost = {
    olds: { name: "b", host: "ssh://c", __host: "ssh://a" },
    oldInputs: { name: "b", host: "ssh://c" },
  };
  expect((await diff("Bridge", { ...withHost, news: { name: "b", host: "ssh://c" } })).changes).toBe(false);
});
