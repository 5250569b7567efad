import { check, type Values } from "../../../provider/src/core/check";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { iptablesPolicy as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

for (const [title, family, table, chain] of [
  ["of FORWARD", "ipv4", "filter", "FORWARD"],
  ["of POSTROUTING in mangle, IPv6", "ipv6", "mangle", "POSTROUTING"],
] as const) {
  contract(title, (world) => {
    const netns = world.netns("a");
    const command = family === "ipv6" ? "ip6tables" : "iptables";
    const iptables = (...args: string[]) => world.runIn(netns, command, "-w", "-t", table, ...args);
    return {
      kind,
      local: table !== "filter",
      alwaysThere: true,
      inputs: { family, table, chain, netns, policy: "DROP" },
      async actual() {
        const policy = /^-P \S+ (\S+)$/m.exec(await iptables("-S", chain))?.[1];
        return policy === "ACCEPT" ? undefined : { policy };
      },
      expected: ({ policy }: Values) => ({ policy }),
      updates: [],
      replaces: {
        ...{ family: family === "ipv4" ? "ipv6" : "ipv4", table: "security" },
        ...{ chain: "OUTPUT", netns: "other" },
      },
      drifts: [{ what: "policy", input: "policy", by: () => iptables("-P", chain, "ACCEPT") }],
      ignores: [{ what: "a rule in the chain", by: () => iptables("-A", chain, "-j", "ACCEPT") }],
      vanish: { none: "a built-in chain always has a policy" },
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: { none: "a policy has no owner; delete puts its former value back" },
      ...(table === "filter" && {
        faults: {
          tool: "iptables",
          obstacle: { none: "a policy is never busy" },
          impossible: { "no kernel module": "`iptables` says so like any failure" },
        },
      }),
    };
  });
}

beyond("IptablesPolicy: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("p");
  const inputs = (values: Values = {}) =>
    check(kind, {
      ...{ chain: "INPUT", policy: "DROP", netns, owner: world.owner },
      ...(hostUrl && { host: hostUrl }),
      ...values,
    }).inputs;
  const live = async () => /^-P INPUT (\S+)$/m.exec(await world.runIn(netns, "iptables", "-S", "INPUT"))?.[1];
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("two stacks with the same value share it, and the last delete puts the former value back", async () => {
    const one = await create(kind, inputs(), settings);
    const two = await create(kind, inputs({ owner: `lnt/other/${world.tag}` }), settings);
    expect(two.outputs).toMatchObject({ previousPolicy: "ACCEPT" });
    await remove(kind, one.id, one.outputs, settings);
    expect(await live()).toBe("DROP");
    await remove(kind, two.id, two.outputs, settings);
    expect(await live()).toBe("ACCEPT");
  });

  test("a stack with another value is refused, and updates back and forth keep the former value", async () => {
    const { id, outputs } = await create(kind, inputs(), settings);
    const other = inputs({ policy: "ACCEPT", owner: `lnt/other/${world.tag}` });
    expect(await failure(() => create(kind, other, settings))).toMatchObject({ code: "LN_EXISTS" });
    const after = await update(kind, id, outputs, inputs({ policy: "ACCEPT" }), settings);
    const again = await update(kind, id, after, inputs(), settings);
    expect(again).toMatchObject({ previousPolicy: "ACCEPT" });
    await remove(kind, id, again, settings);
    expect(await live()).toBe("ACCEPT");
  });

  test("a policy that was set by hand is listed, unless a stack has it", async () => {
    const importable = () => kind.imports?.list(testHost(), netns);
    expect(await importable()).toEqual([]);
    await world.runIn(netns, "iptables", "-P", "INPUT", "DROP");
    const id = `ipv4/filter/INPUT@${netns}`;
    expect(await importable()).toEqual([{ id }]);
    const made = await create(kind, inputs(), settings);
    expect(await importable()).toEqual([{ id, omit: `it belongs to ${world.owner}` }]);
    await remove(kind, made.id, made.outputs, settings);
    expect(await live()).toBe("DROP");
    await world.runIn(netns, "iptables", "-P", "INPUT", "ACCEPT");
  });

  test.each<[Values, string, string]>([
    [{ chain: "OWN" }, "chain", "must be one of"],
    [{ table: "nat" }, "policy", "must not be DROP in table nat"],
    [{ table: "raw" }, "chain", "table raw has no chain INPUT"],
    [{ policy: "REJECT" }, "policy", "must be ACCEPT or DROP"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { chain: "INPUT", policy: "DROP", owner: world.owner, ...values });
    expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});

everyInput(kind, ["policy"]);
everyDrift(kind);
