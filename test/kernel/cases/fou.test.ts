import type { Values } from "../../../provider/src/core/check";
import { create } from "../../../provider/src/core/lifecycle";
import { fou as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

for (const [what, inputs, words, change] of [
  ["for one protocol", { port: 5555, ipProtocol: 4 }, "port 5555 ipproto 4", { ipProtocol: 47 }],
  [
    "of GUE, over IPv6",
    { port: 5556, type: "gue", family: "ipv6" },
    "port 5556 gue -6",
    { type: "fou", ipProtocol: 41 },
  ],
] as const) {
  contract(what, (world) => {
    const netns = world.netns("a");
    const ip = (...args: string[]) => world.run("ip", "-n", netns, "fou", ...args);
    const key = [...("family" in inputs ? ["-6"] : []), "port", String(inputs.port)];
    const protocolWords = "type" in inputs ? ["gue"] : ["ipproto", "4"];
    return {
      ...{ kind, needs: "fou", marked: false },
      inputs: { netns, ...inputs },
      async actual() {
        const line = (await ip("show")).split("\n").find((each) => each.startsWith(`port ${inputs.port} `));
        return line === undefined ? undefined : { line: line.trim() };
      },
      expected: () => ({ line: words }),
      updates: [],
      replaces: { ...change, port: 6000, netns: "other", ...("family" in inputs ? { family: "ipv4" } : {}) },
      drifts: [],
      ignores: [
        {
          what: "another port",
          by: () => world.script(undefined, `ip -n ${netns} fou add port 5600 gue; ip -n ${netns} fou del port 5600`),
        },
      ],
      vanish: () => ip("del", ...key),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: {
        make: () => ip("add", ...key, ...protocolWords),
        differ: async () => {
          await ip("del", ...key);
          await ip("add", ...key, ...("type" in inputs ? ["ipproto", "47"] : ["gue"]));
        },
        remove: () => ip("del", ...key),
      },
      reads: ([tool]) => tool === "genl",
      faults: {
        tool: "ip",
        obstacle: { none: "nothing can hold a port" },
        impossible: { "no kernel module": "one that has a port is in use" },
      },
    };
  });
}

everyInput(kind);
everyDrift(kind);

if (!lack("fou"))
  beyond("ports of FOU", () => {
    const world = new World();
    const netns = world.netns("a");
    const ip = (...args: string[]) => world.run("ip", "-n", netns, "fou", ...args);
    const inputs = (values: Values): Values => ({
      ...{ netns, owner: world.owner, type: "gue", family: "ipv4" },
      ...(hostUrl && { host: hostUrl }),
      ...values,
    });
    beforeAll(() => world.build());
    afterAll(async () => expect(await world.cleanUp()).toEqual([]));

    test("one with an address of its own is not imported, and is nobody's to take", async () => {
      await ip("add", "port", "7001", "gue", "local", "127.0.0.1");
      await ip("add", "-6", "port", "7002", "ipproto", "41");
      expect(await kind.imports?.list(testHost(), netns)).toEqual([
        { id: `7002 ipv6@${netns}`, omit: undefined },
        { id: `7001@${netns}`, omit: "there is no input for local 127.0.0.1" },
      ]);
      const take = () => create(kind, inputs({ port: 7001, adopt: true }), settings);
      expect(await failure(take)).toMatchObject({ code: "LN_EXISTS" });
    });

    test("a port that a program has is told as one", async () => {
      const listen = `ip netns exec ${netns} timeout 20 nc -lu 7003 >/dev/null & echo $!`;
      const pid = (await world.script(undefined, listen)).trim();
      try {
        await world.run("sh", "-c", `until ip netns exec ${netns} ss -Hlnu | grep -q :7003; do sleep 0.1; done`);
        expect(await failure(() => create(kind, inputs({ port: 7003 }), settings))).toMatchObject({
          hint: expect.stringMatching(/ss -lunp/),
        });
      } finally {
        await world.try("kill", pid);
      }
    });
  });
