import { withEngine } from "../../../provider/src/host/operation";
import { once, probe, refused, server, useServers, world } from "../support/probes";
import { eventually, testHost } from "../support/world";

useServers();

test("it tries again until the result is as expected", async () => {
  const late = `sleep 1; ip netns exec ${server} nc -l 10.9.0.2 7000`;
  await world.script(server, `(${late}) > /dev/null 2>&1 < /dev/null & exit 0`);
  expect(
    (await probe({ tcp: { address: "10.9.0.2", port: 7000 }, attempts: 30, intervalSeconds: 0.3 })).results,
  ).toMatchObject(once);
});

/** The commands that a body runs on the host. */
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

test("after the first success, a failure is final and not tried again", async () => {
  // It accepts only one connection.
  await world.script(server, "(timeout 20 nc -l 10.9.0.2 7002) > /dev/null 2>&1 < /dev/null & exit 0");
  await eventually(async () => (await world.runIn(server, "ss", "-Hltn")).includes(":7002"));
  const error = await refused({ tcp: { address: "10.9.0.2", port: 7002 }, count: 3, attempts: 10 });
  expect(error.message).toContain("not every request was answered as expected; 1 of 3 as expected");
  expect(error.message).toContain("attempt 1 of 10");
});

test("a slow answer is measured, and can count as a failure", async () => {
  const lost = "-p tcp --dport 8080 --syn -m recent --name lnt --rcheck --seconds 60 -j ACCEPT";
  const set = "-p tcp --dport 8080 --syn -m recent --name lnt --set -j DROP";
  // The first packet of a connection is lost. The kernel sends another one a second later.
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

test("while it waits it shows its results, and it ends when the engine's time limit is over", async () => {
  const shown: string[] = [];
  const engine = { seconds: 2, show: (message: string) => shown.push(message) };
  const request = { tcp: { address: "10.9.0.2", port: 9 }, attempts: 1000, intervalSeconds: 0.5 };
  const error = await withEngine(engine, () => refused(request));
  expect(shown.slice(0, 2)).toEqual([
    "attempt 1 of 1000: nc: exit 1, Connection refused",
    "attempt 2 of 1000: nc: exit 1, Connection refused",
  ]);
  expect(error.message).toContain("of 1000, ended by customTimeouts");
  // Having no time to wait for an answer does not count as an expected failure.
  const silent = { tcp: { address: "10.9.0.3", port: 9 }, timeoutSeconds: 5, expect: "failure" };
  const late = await withEngine(engine, () => refused(silent));
  expect(late.message).toContain("the time of customTimeouts is over");
});

test("two probes that need every answer of the same balancer both get all of them", async () => {
  const balancer = [
    "from http.server import *; from itertools import cycle; from time import sleep",
    "pods = cycle([b'foo', b'bar'])",
    "answer = lambda self: (self.send_response(200), self.end_headers(), self.wfile.write(next(pods)), sleep(0.2))",
    "HTTPServer(('', 8081), type('Pods', (BaseHTTPRequestHandler,), {'do_GET': answer})).serve_forever()",
  ].join("; ");
  await world.script(server, `timeout 60 python3 -c "${balancer}" > /dev/null 2>&1 < /dev/null & exit 0`);
  const listening = async () => (await world.runIn(server, "ss", "-Hltn")).includes(":8081");
  await eventually(listening, 30);
  const request = { http: { url: "http://10.9.0.2:8081/", expectBody: ["foo", "bar"] }, count: 4 };
  const probes = await Promise.all([probe(request), probe(request)]);
  for (const { results } of probes) expect(results).toMatchObject({ bodies: { foo: 2, bar: 2 } });
});
