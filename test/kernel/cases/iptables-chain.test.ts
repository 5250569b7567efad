import { check, type Values } from "../../../provider/src/core/check";
import { create, remove } from "../../../provider/src/core/lifecycle";
import { iptablesChain as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { Rules } from "../support/rules";
import { hostUrl, settings, World } from "../support/world";

for (const [title, family, table] of [
  ["in filter", "ipv4", "filter"],
  ["in nat, IPv6", "ipv6", "nat"],
] as const) {
  contract(title, (world) => {
    const netns = world.netns("a");
    const command = family === "ipv6" ? "ip6tables" : "iptables";
    const iptables = (...args: string[]) => world.runIn(netns, command, "-w", "-t", table, ...args);
    const name = "ONES-OWN";
    return {
      kind,
      local: table !== "filter",
      marked: false,
      inputs: { name, family, table, netns },
      async actual() {
        return (await iptables("-S")).split("\n").includes(`-N ${name}`) ? { name } : undefined;
      },
      expected: () => ({ name }),
      updates: [],
      replaces: { name: "OTHER", family: family === "ipv4" ? "ipv6" : "ipv4", table: "mangle", netns: "other" },
      drifts: [],
      ignores: [{ what: "another chain", by: () => iptables("-N", "ANOTHER") }],
      vanish: () => iptables("-X", name),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: {
        make: () => iptables("-N", name),
        differ: { none: "a chain has only its name" },
        remove: () => iptables("-X", name),
      },
      ...(table === "filter" && {
        faults: {
          tool: "iptables",
          obstacle: {
            what: "a rule of another owner in the chain",
            op: "delete",
            make: () => iptables("-A", name, "-p", "tcp", "-j", "RETURN"),
            message: () => /LN_BUSY/,
            clear: () => iptables("-F", name),
          },
          impossible: { "no kernel module": "`iptables` says so like any failure" },
        },
      }),
    };
  });
}

beyond("IptablesChain: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("c");
  const rules = new Rules(world, netns, "OWN");
  const chain = (values: Values = {}) => {
    const given = { name: "OWN", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
    const { inputs, failures } = check(kind, given);
    expect(failures).toEqual([]);
    return inputs;
  };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("a rule in it and a rule that jumps to it are deleted before it; rules of others are named", async () => {
    const { id, outputs } = await create(kind, chain(), settings);
    await rules.up({ inside: {}, jump: { chain: "FORWARD", target: "OWN" } });
    const busy = await failure(() => remove(kind, id, outputs, settings));
    expect(busy).toMatchObject({ code: "LN_BUSY" });
    expect(busy.message).toMatch(/-A FORWARD .* -j OWN; -A OWN .* -j ACCEPT/);
    await rules.up({});
    await remove(kind, id, outputs, settings);
    expect(await rules.iptables("-S")).not.toContain("OWN");
  });

  test("many chains that come and go at the same time are all made and removed", async () => {
    const made = await Promise.all(
      ["A", "B", "C"].map((name) => create(kind, chain({ name, owner: `${world.owner}/${name}` }), settings)),
    );
    expect(await rules.iptables("-S")).toMatch(/-N A\n-N B\n-N C\n/);
    await Promise.all(made.map(({ id, outputs }) => remove(kind, id, outputs, settings)));
    expect(await rules.iptables("-S")).not.toContain("-N");
  });

  test.each(["FORWARD", "REJECT", "-x", "a".repeat(29), ""])("%j is refused as its name", (name) => {
    const { failures } = check(kind, { name, owner: world.owner });
    expect(failures[0]?.property).toBe("name");
  });
});

everyInput(kind);
everyDrift(kind);
