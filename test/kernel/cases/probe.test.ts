import type { Values } from "../../../provider/src/core/check";
import { check } from "../../../provider/src/core/check";
import { diff } from "../../../provider/src/core/diff";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { withEngine } from "../../../provider/src/host/operation";
import { probe as kind } from "../../../provider/src/kinds";
import { failure } from "../support/contract";
import { eventually, hostUrl, settings, testHost, World } from "../support/world";

// A probe makes nothing, so that the contract of what is made does not apply: it looks, and says what it saw.
const world = new World();
const [client, server] = [world.netns("a"), world.netns("b")];
const pages = `/tmp/${world.name("www")}`;

function inputs(values: Values): Values {
  const request = {
    netns: client,
    attempts: 1,
    intervalSeconds: 0.1,
    owner: world.owner,
    ...(hostUrl && { host: hostUrl }),
    ...values,
  };
  const { inputs: checked, failures } = check(kind, request);
  expect(failures).toEqual([]);
  return checked;
}
const probe = async (values: Values) => (await create(kind, inputs(values), settings)).outputs;
const refused = (values: Values) => failure(() => create(kind, inputs(values), settings));
const serve = (family: string) => `cd ${pages} && exec python3 -m http.server --bind ${family} 8080`;

/** Echoes datagrams, and knows the addresses of one name. */
const datagrams = `
import select, socket
sockets = {port: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for port in (53, 5000)}
for port, each in sockets.items():
    each.bind(("", port))
record = lambda last: b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + bytes([10, 9, 0, last])
while True:
    for each in select.select(list(sockets.values()), [], [])[0]:
        data, where = each.recvfrom(2048)
        if each is sockets[5000]:
            each.sendto(b"got " + data, where)
            continue
        question = data[12:data.index(b"\\0", 12) + 5]
        known = question.startswith(b"\\4shop\\3lab\\0\\0\\1")
        flags, answers = (b"\\x84\\0", [record(7), record(2)]) if known else (b"\\x84\\3", [])
        each.sendto(data[:2] + flags + b"\\0\\1" + bytes([0, len(answers)]) + b"\\0" * 4 + question + b"".join(answers), where)
`;
const shop = { server: "10.9.0.2", name: "shop.lab" };

beforeAll(async () => {
  await world.build();
  world.finally(() => world.run("rm", "-rf", pages));
  await world.run(
    "ip",
    "link",
    "add",
    "name",
    "e0",
    "netns",
    client,
    "type",
    "veth",
    "peer",
    "name",
    "e0",
    "netns",
    server,
  );
  for (const [netns, host] of [
    [client, "1"],
    [server, "2"],
  ] as const) {
    await world.run("ip", "-n", netns, "addr", "add", `10.9.0.${host}/24`, "dev", "e0");
    await world.run("ip", "-n", netns, "addr", "add", `2001:db8::${host}/64`, "dev", "e0", "nodad");
    await world.run("ip", "-n", netns, "link", "set", "e0", "up");
  }
  for (const address of ["10.9.0.4", "10.9.0.5"])
    await world.run("ip", "-n", server, "addr", "add", address, "dev", "e0");
  await world.script(server, "iptables -A INPUT -d 10.9.0.4 -j DROP; iptables -A INPUT -d 10.9.0.5 -j REJECT");
  await world.script(undefined, `mkdir ${pages}; echo "  foo " > ${pages}/index.html; echo bar > ${pages}/bar`);
  await world.script(server, `(${serve("::")}) > /dev/null 2>&1 < /dev/null & exit 0`);
  await world.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", datagrams, `${pages}/datagrams.py`);
  await world.script(server, `(exec timeout 600 python3 ${pages}/datagrams.py) > /dev/null 2>&1 < /dev/null & exit 0`);
  const listening = async () => {
    const sockets = await world.inside(server, "ss", "-Hltun");
    return [53, 5000, 8080].every((port) => sockets.includes(`:${port} `));
  };
  await eventually(listening, 30);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const once = { ok: 1, failed: 0, failures: {} };

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
])("it sees: %s", async (_, values, results) => {
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
])("it fails and says what it saw: %s", async (_, values, text) => {
  const error = await refused(values);
  expect(error).toMatchObject({ code: "LN_PROBE" });
  expect(error.message).toContain(text);
});

test("it tries again until it sees what it expects", async () => {
  const late = `sleep 1; ip netns exec ${server} nc -l 10.9.0.2 7000`;
  await world.script(server, `(${late}) > /dev/null 2>&1 < /dev/null & exit 0`);
  expect(
    (await probe({ tcp: { address: "10.9.0.2", port: 7000 }, attempts: 30, intervalSeconds: 0.3 })).results,
  ).toMatchObject(once);
});

/** The commands that a body has the host run. */
async function counted(body: () => Promise<unknown>): Promise<readonly string[][]> {
  const run = jest.spyOn(testHost(), "run");
  try {
    await body();
    return run.mock.calls.map(([argv]) => [...argv]).filter((argv) => argv.includes("nc"));
  } finally {
    run.mockRestore();
  }
}

test("an attempt ends at its first failure", async () => {
  const request = { tcp: { address: "10.9.0.2", port: 9 }, count: 5, attempts: 2 };
  expect(await counted(() => refused(request))).toHaveLength(2);
  const answered = { tcp: { address: "10.9.0.2", port: 8080 }, count: 5, attempts: 2, expect: "failure" };
  expect(await counted(() => refused(answered))).toHaveLength(2);
});

test("after the first success all have to hold: a later failure is not tried again", async () => {
  // It takes one connection, and no second one.
  await world.script(server, "(timeout 20 nc -l 10.9.0.2 7002) > /dev/null 2>&1 < /dev/null & exit 0");
  await eventually(async () => (await world.inside(server, "ss", "-Hltn")).includes(":7002"));
  const error = await refused({ tcp: { address: "10.9.0.2", port: 7002 }, count: 3, attempts: 10 });
  expect(error.message).toContain("not every request was answered as expected; 1 of 3 as expected");
  expect(error.message).toContain("attempt 1 of 10");
});

test("the error prints the command that was run, which gets the same by hand", async () => {
  const error = await refused({ http: { url: "http://10.9.0.2:8080/none", expectBody: "it's" } });
  const line = /ran: {4}(nsenter .*)\n/.exec(error.message)?.[1] ?? "";
  const { stdout, stderr } = await world.try("sh", "-c", `cd / && ${line}`);
  expect(stdout).toContain("404");
  expect(stderr).toMatch(/^404 /);
  expect(error.hint).toContain("localnet trace");
  expect((await refused({ exec: ["false"] })).hint).not.toContain("trace");
});

test("a slow answer shows, and can be refused", async () => {
  const lost = "-p tcp --dport 8080 --syn -m recent --name lnt --rcheck --seconds 60 -j ACCEPT";
  const set = "-p tcp --dport 8080 --syn -m recent --name lnt --set -j DROP";
  // The first packet of a connection is lost: the kernel sends another one a second later.
  await world.script(server, `iptables -A INPUT ${lost}; iptables -A INPUT ${set}`);
  try {
    const request = { http: { url: "http://10.9.0.2:8080/" } };
    const error = await refused({ ...request, maxMilliseconds: 500 });
    expect(error.message).toContain('1 x "an answer after more than 500 ms"');
    await world.script(server, "echo clear > /proc/self/net/xt_recent/lnt; echo / > /proc/self/net/xt_recent/lnt");
    const { results } = await probe(request);
    expect((results as { milliseconds: { most: number } }).milliseconds.most).toBeGreaterThanOrEqual(1000);
    expect(results).toMatchObject({ ok: 1, failed: 0 });
  } finally {
    await world.script(server, `iptables -D INPUT ${lost}; iptables -D INPUT ${set}`);
  }
});

test("answers are measured", async () => {
  const { results } = await probe({ ping: { address: "10.9.0.2" }, count: 3 });
  const { least, median, most } = (results as { milliseconds: Record<string, number> }).milliseconds;
  expect([least, median, most]).toEqual([least, median, most].sort((a = 0, b = 0) => a - b));
  expect(most).toBeLessThan(1000);
});

test("while it waits it says what it got, and it ends when the engine's time for it does", async () => {
  const shown: string[] = [];
  const engine = { seconds: 2, show: (message: string) => shown.push(message) };
  const request = { tcp: { address: "10.9.0.2", port: 9 }, attempts: 1000, intervalSeconds: 0.5 };
  const error = await withEngine(engine, () => refused(request));
  expect(shown.slice(0, 2)).toEqual([
    "attempt 1 of 1000: nc: exit 1, Connection refused",
    "attempt 2 of 1000: nc: exit 1, Connection refused",
  ]);
  expect(error.message).toContain("of 1000, ended by customTimeouts");
  // That there was no time to wait for an answer is no failure that somebody expects.
  const silent = { tcp: { address: "10.9.0.3", port: 9 }, timeoutSeconds: 5, expect: "failure" };
  const late = await withEngine(engine, () => refused(silent));
  expect(late.message).toContain("the time that customTimeouts allows is over");
});

test("two that wait for every answer of the same balancer see all of them", async () => {
  const balancer = [
    "from http.server import *; from itertools import cycle; from time import sleep",
    "pods = cycle([b'foo', b'bar'])",
    "answer = lambda self: (self.send_response(200), self.end_headers(), self.wfile.write(next(pods)), sleep(0.2))",
    "HTTPServer(('', 8081), type('Pods', (BaseHTTPRequestHandler,), {'do_GET': answer})).serve_forever()",
  ].join("; ");
  await world.script(server, `timeout 60 python3 -c "${balancer}" > /dev/null 2>&1 < /dev/null & exit 0`);
  const listening = async () => (await world.inside(server, "ss", "-Hltn")).includes(":8081");
  await eventually(listening, 30);
  const request = { http: { url: "http://10.9.0.2:8081/", expectBody: ["foo", "bar"] }, count: 4 };
  const seen = await Promise.all([probe(request), probe(request)]);
  for (const { results } of seen) expect(results).toMatchObject({ bodies: { foo: 2, bar: 2 } });
});

test("it looks again when a trigger changes, and only then", async () => {
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

test("in a namespace that does not exist it says so", async () => {
  const error = await refused({ ping: { address: "10.9.0.2" }, netns: "lnt-none" });
  expect(error.message).toContain("lnt-none");
});
