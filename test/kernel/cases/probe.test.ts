import { diff } from "../../../provider/src/core/diff";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { probe as kind } from "../../../provider/src/kinds";
import { inputs, once, pages, probe, refused, shop, useServers, world } from "../support/probes";
import { settings } from "../support/world";

// A probe makes no object, so the contract does not apply to it.
useServers();

test.each([
  ["http over IPv4", { http: { url: "http://10.9.0.2:8080/", expectBody: "foo" } }, { ...once, bodies: { foo: 1 } }],
  ["http over IPv6", { http: { url: "http://[2001:db8::2]:8080/bar" } }, { ...once, bodies: { bar: 1 } }],
  ["http, a status that is expected", { http: { url: "http://10.9.0.2:8080/none", expectStatus: 404 } }, { ok: 1 }],
  ["several requests", { http: { url: "http://10.9.0.2:8080/" }, count: 3 }, { ok: 3, failed: 0, bodies: { foo: 3 } }],
  ["tcp over IPv4", { tcp: { address: "10.9.0.2", port: 8080 } }, { ...once, bodies: {} }],
  ["tcp over IPv6", { tcp: { address: "2001:db8::2", port: 8080 } }, { ...once, bodies: {} }],
  ["ping over IPv4", { ping: { address: "10.9.0.2" } }, once],
  ["ping over IPv6", { ping: { address: "2001:db8::2" } }, once],
  ["ping with a payload in one piece", { ping: { address: "10.9.0.2", size: 1472, dontFragment: true } }, once],
  ["ping in pieces", { ping: { address: "10.9.0.2", size: 4000, dontFragment: false } }, once],
  [
    "udp",
    { udp: { address: "10.9.0.2", port: 5000, send: "hi", expectAnswer: "got hi" } },
    { ...once, bodies: { "got hi": 1 } },
  ],
  ["dns", { dns: shop }, { ...once, bodies: { "10.9.0.2, 10.9.0.7": 1 } }],
  ["dns, all of its records", { dns: { ...shop, expectAnswers: ["10.9.0.7", "10.9.0.2"] } }, once],
  ["dns, a name that is not there", { dns: { ...shop, name: "none.lab", expectStatus: "NXDOMAIN" } }, once],
  ["a command", { exec: ["ip", "route", "get", "10.9.0.2"], expectOutput: "dev e0" }, once],
  ["failure, as expected", { tcp: { address: "10.9.0.2", port: 9 }, expect: "failure" }, { ok: 0, failed: 1 }],
])("it succeeds: %s", async (_, values, results) => {
  expect((await probe(values)).results).toMatchObject(results);
});

test.each([
  ["no connection", { http: { url: "http://10.9.0.2:9/" } }, "could not connect"],
  ["no answer in time", { http: { url: "http://10.9.0.3:8080/" }, timeoutSeconds: 0.3 }, "timed out"],
  ["another status", { http: { url: "http://10.9.0.2:8080/none" } }, "status 404"],
  ["another body", { http: { url: "http://10.9.0.2:8080/", expectBody: "baz" } }, '"foo"'],
  [
    "one of the bodies never",
    { http: { url: "http://10.9.0.2:8080/", expectBody: ["foo", "bar"] }, count: 2 },
    "no answer was bar",
  ],
  ["a closed port", { tcp: { address: "10.9.0.2", port: 9 } }, '"nc: exit 1, Connection refused"'],
  ["a port that drops", { tcp: { address: "10.9.0.4", port: 9 }, timeoutSeconds: 1 }, '"nc: exit 1, timed out"'],
  ["no route", { ping: { address: "10.99.0.1" } }, '"ping: exit 2, Network is unreachable"'],
  ["a host that is not there", { ping: { address: "10.9.0.9" }, timeoutSeconds: 1 }, '"ping: exit 1"'],
  ["a host that refuses", { ping: { address: "10.9.0.5" } }, '"ping: exit 1, Destination Port Unreachable"'],
  [
    "a packet that is too large",
    { ping: { address: "10.9.0.2", size: 1473, dontFragment: true }, timeoutSeconds: 1 },
    "message too long, mtu=1500",
  ],
  ["another datagram", { udp: { address: "10.9.0.2", port: 5000, send: "hi", expectAnswer: "hi" } }, '"got hi"'],
  ["no datagram", { udp: { address: "10.9.0.2", port: 9, send: "hi" }, timeoutSeconds: 1 }, "no answer"],
  ["another record", { dns: { ...shop, expectAnswers: ["10.9.0.2"] } }, '1 x "other records"'],
  [
    "no record of that type",
    { dns: { ...shop, type: "AAAA", expectStatus: "NXDOMAIN", expectAnswers: ["::1"] } },
    '1 x "no record"',
  ],
  ["a name that is not there", { dns: { ...shop, name: "none.lab" } }, '1 x "status NXDOMAIN"'],
  ["no server of names", { dns: { ...shop, port: 9 }, timeoutSeconds: 1 }, '1 x "dig: exit 9, no answer"'],
  ["a command that fails", { exec: ["sh", "-c", "echo why; exit 3"] }, '1 x "why", 1 x "sh: exit 3"'],
  ["another output", { exec: ["echo", "foo"], expectOutput: "bar" }, '1 x "another output"'],
  [
    "an answer where none is expected",
    { ping: { address: "10.9.0.2" }, expect: "failure" },
    "it should fail and was answered",
  ],
])("it fails, and the error has the result: %s", async (_, values, text) => {
  const error = await refused(values);
  expect(error).toMatchObject({ code: "LN_PROBE" });
  expect(error.message).toContain(text);
});

test("the error shows the command, and by hand it gives the same result", async () => {
  const error = await refused({ http: { url: "http://10.9.0.2:8080/none", expectBody: "it's" } });
  const line = /ran: {4}(nsenter .*)\n/.exec(error.message)?.[1] ?? "";
  const { stdout, stderr } = await world.try("sh", "-c", `cd / && ${line}`);
  expect(stdout).toContain("404");
  expect(stderr).toMatch(/^404 /);
  expect(error.hint).toContain("localnet trace");
  expect((await refused({ exec: ["false"] })).hint).not.toContain("trace");
});

test("the time of answers is measured", async () => {
  const { results } = await probe({ ping: { address: "10.9.0.2" }, count: 3 });
  const { least, median, most } = (results as { milliseconds: Record<string, number> }).milliseconds;
  expect([least, median, most]).toEqual([least, median, most].sort((a = 0, b = 0) => a - b));
  expect(most).toBeLessThan(1000);
});

test("it runs again when a trigger changes, and only then", async () => {
  const request = inputs({ http: { url: "http://10.9.0.2:8080/bar" }, triggers: ["a"] });
  const { id, outputs } = await create(kind, request, settings);
  expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
  expect(diff(kind, outputs, request)).toEqual({ changes: false, replaces: [] });
  const next = { ...request, triggers: ["b"] };
  expect(diff(kind, outputs, next)).toEqual({ changes: true, replaces: [] });
  await world.script(undefined, `echo changed > ${pages}/bar`);
  expect((await update(kind, id, outputs, next, settings)).results).toMatchObject({ bodies: { changed: 1 } });
  await remove(kind, id, outputs, settings);
});

test("the error for a namespace that does not exist says so", async () => {
  const error = await refused({ ping: { address: "10.9.0.2" }, netns: "lnt-none" });
  expect(error.message).toContain("lnt-none");
});
