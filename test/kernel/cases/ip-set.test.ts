import { check, type Values } from "../../../provider/src/core/check";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { iptablesRule, ipSet as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

const sets = [
  {
    title: "of addresses",
    inputs: { type: "hash:ip", entries: ["10.0.0.1", "10.0.0.2"] },
    others: ["10.0.0.2", "10.0.0.3"],
    made: "hash:ip family inet maxelem 65536",
  },
  {
    title: "of networks of IPv6, with all that it can have",
    inputs: {
      type: "hash:net",
      family: "ipv6",
      timeout: 600,
      counters: true,
      maxElements: 9,
      entries: ["2001:DB8:0::/48"],
    },
    others: ["2001:db8::5"],
    made: "hash:net family inet6 maxelem 9 timeout 600 counters",
  },
  {
    title: "of addresses and ports",
    inputs: { type: "hash:ip,port", entries: ["10.0.0.1,tcp:80", "10.0.0.1,udp:53"] },
    others: ["10.0.0.1,udp:53"],
    made: "hash:ip,port family inet maxelem 65536",
  },
  {
    title: "of ports alone",
    inputs: { type: "bitmap:port", entries: ["80", "30080"] },
    others: ["30080", "443"],
    made: "bitmap:port range 0-65535",
  },
] as const;

/** An entry of another owner. */
const foreign = { "hash:ip": "10.9.9.9", "hash:net": "fd00::9", "hash:ip,port": "10.9.9.9,tcp:9", "bitmap:port": "9" };

for (const { title, inputs, others, made } of sets) {
  contract(title, (world) => {
    const netns = world.netns("a");
    const name = "pods";
    const ipset = (...args: string[]) => world.runIn(netns, "ipset", ...args);
    const entry = (inputs.entries[0] as string).toLowerCase().replace(":0::", "::");
    const options = made.split(" ");
    return {
      kind,
      needs: "ipset",
      marked: false,
      local: !["of addresses", "of ports alone"].includes(title),
      inputs: { name, netns, ...inputs },
      async actual() {
        const lines = (await world.runIn(netns, "ipset", "save"))
          .split("\n")
          .filter((line) => line.split(" ")[1] === name);
        const [first = ""] = lines;
        const entries = lines.slice(1).map((line) => line.split(" ")[2]);
        const words = first
          .replace(/ (hashsize|bucketsize|initval) \S+/g, "")
          .split(" ")
          .slice(2);
        return lines.length > 0 ? { made: words.join(" "), entries: entries.sort() } : undefined;
      },
      expected: ({ entries }: Values) => ({ made, entries: [...(entries as string[])].sort() }),
      updates: [
        { what: "other entries", change: { entries: [...others] } },
        { what: "no entries", change: { entries: undefined }, shows: { made, entries: [] } },
        { what: "as at first", change: { entries: [...inputs.entries] }, shows: undefined },
      ].map((each) =>
        "shows" in each && each.shows === undefined ? { what: each.what, change: each.change, shows: { made } } : each,
      ),
      replaces: {
        ...{ name: "other", netns: "other", type: "hash:net,iface", timeout: 5, counters: !("counters" in inputs) },
        ...{ family: "family" in inputs ? "ipv4" : "ipv6", maxElements: 1000 },
      },
      drifts: [{ what: "an entry that is removed by hand", input: "entries", by: () => ipset("del", name, entry) }],
      ignores: [
        {
          what: "an entry of another owner",
          by: () => ipset("add", name, foreign[inputs.type]),
        },
      ],
      vanish: () => ipset("destroy", name),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: {
        make: async () => {
          await ipset("create", name, ...options);
          for (const each of inputs.entries)
            await ipset("add", name, each, ...("timeout" in inputs ? ["timeout", "0"] : []));
        },
        differ: () => ipset("flush", name),
        remove: () => ipset("destroy", name),
      },
      ...(title === "of addresses" && {
        faults: {
          tool: "ipset",
          update: { what: "other entries", change: { entries: [...others] } },
          obstacle: {
            what: "a rule that matches it",
            op: "delete",
            make: () => world.runIn(netns, "iptables", "-A", "FORWARD", "-m", "set", "--match-set", name, "src"),
            message: () => /LN_BUSY/,
            clear: () => world.runIn(netns, "iptables", "-F", "FORWARD"),
          },
        },
      }),
    };
  });
}

const lacking = lack("ipset");
beyond(`IpSet: beyond the contract${lacking ? ` (${lacking})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("s");
  const run = lacking ? test.skip : test;
  const host = hostUrl && { host: hostUrl };
  const inputs = (values: Values = {}) =>
    check(kind, { name: "s", type: "hash:ip", netns, owner: world.owner, ...host, ...values }).inputs;
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  run(
    "an entry of the program stays in a set with a timeout, and a rule that uses the set is deleted before it",
    async () => {
      const { id, outputs } = await create(kind, inputs({ timeout: 1, entries: ["10.0.0.1"] }), settings);
      expect(await world.runIn(netns, "ipset", "save", "s")).toContain("add s 10.0.0.1 timeout 0");
      const rule = check(iptablesRule, {
        ...{
          chain: "FORWARD",
          target: "DROP",
          matchSet: { name: "s", flags: ["src"] },
          netns,
          owner: `${world.owner}/r`,
        },
        ...host,
      }).inputs;
      const made = await create(iptablesRule, rule, settings);
      expect(await failure(() => remove(kind, id, outputs, settings))).toMatchObject({ code: "LN_BUSY" });
      await remove(iptablesRule, made.id, made.outputs, settings);
      await remove(kind, id, outputs, settings);
    },
  );

  run("a set with an option that has no input is listed with the reason, and cannot be imported", async () => {
    await world.runIn(netns, "ipset", "create", "odd", "hash:ip", "comment");
    expect(await kind.imports?.list(testHost(), netns)).toEqual([
      { id: `odd@${netns}`, omit: "there is no input for comment of a set of type hash:ip" },
    ]);
    await world.runIn(netns, "ipset", "destroy", "odd");
  });

  run("an update without entries leaves those of others alone", async () => {
    const { id, outputs } = await create(kind, inputs({ entries: ["10.0.0.1"] }), settings);
    await world.runIn(netns, "ipset", "add", "s", "10.0.0.7");
    const after = await update(kind, id, outputs, inputs(), settings);
    expect(await world.runIn(netns, "ipset", "save", "s")).toMatch(/add s 10\.0\.0\.7\n$/);
    await remove(kind, id, after, settings);
  });
});

test.each<[Values, string, string]>([
  [{ name: "-x" }, "name", "must be 1 to 31"],
  [{ type: "hash:ip,ip" }, "type", "must be one of hash:ip"],
  [{ type: "hash:mac", family: "ipv6" }, "family", "holds no addresses"],
  [{ entries: ["10.0.0.1/24"] }, "entries.0", "part 1 must be an address"],
  [{ entries: ["2001:db8::1"] }, "entries.0", "of family ipv4"],
  [{ entries: ["0.0.0.0"] }, "entries.0", "must be an address"],
  [{ type: "hash:net", entries: ["10.0.0.1/24"] }, "entries.0", "without bits after its prefix"],
  [{ type: "hash:net", entries: ["0.0.0.0/0"] }, "entries.0", "must be a network"],
  [{ type: "hash:ip,port", entries: ["10.0.0.1,80"] }, "entries.0", "part 2 must be PROTOCOL:PORT"],
  [{ type: "hash:ip,port", entries: ["10.0.0.1"] }, "entries.0", "2 parts"],
  [{ entries: ["10.0.0.1", "10.0.0.1"] }, "entries.1", "there twice"],
  [{ entries: ["10.0.0.1", "10.0.0.2"], maxElements: 1 }, "entries", "at most 1"],
  [{ type: "bitmap:port", family: "ipv6" }, "family", "holds no addresses"],
  [{ type: "bitmap:port", maxElements: 9 }, "maxElements", "can hold every port"],
  [{ type: "bitmap:port", entries: ["tcp:80"] }, "entries.0", "part 1 must be a port"],
  [{ timeout: 2147484 }, "timeout", "0 to 2147483"],
])("%j is refused at %s: %s", (values, property, rule) => {
  const { failures } = check(kind, { name: "s", type: "hash:ip", owner: "p/s/n", ...values });
  expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

everyInput(kind);
everyDrift(kind);
