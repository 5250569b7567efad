import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { nftTable as kind } from "../../../provider/src/kinds";
import { parseTable } from "../../../provider/src/tools/nft";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

/** A ruleset as nft prints it. A table made from it by hand is as the inputs ask for. */
const printed = `set blocked {
	type ipv4_addr
	elements = { 10.0.0.1, 10.0.0.2 }
}

chain in {
	type filter hook input priority filter; policy accept;
	ip saddr @blocked counter drop
	tcp dport { 22, 80-90 } accept
}`;

const printed6 = printed
  .replace("ipv4", "ipv6")
  .replace("ip saddr", "ip6 saddr")
  .replace("10.0.0.1, 10.0.0.2", "fd00::1,\n\t\t     fd00::2");

/** The same tables, written in another way. */
const written = `  # who may not
  set blocked { type ipv4_addr; elements = { 10.0.0.2, 10.0.0.1 };
  }
  chain in {
    type filter hook input priority 0; policy accept;
    ip saddr @blocked counter drop comment "not } me"
    log prefix "include x"
  }
`;

for (const family of ["inet", "ip6"] as const) {
  contract(`a table of family ${family}`, (world) => {
    const netns = world.netns("a");
    const name = "lab";
    const nft = (...args: string[]) => world.inside(netns, "nft", ...args);
    const ruleset = family === "inet" ? printed : printed6;
    const other = family === "inet" ? written : "chain own {\n}\n";
    return {
      kind,
      marked: false,
      local: family !== "inet",
      inputs: { name, family, netns, ruleset },
      async actual() {
        const { stdout, exitCode } = await world.try(
          "ip",
          "netns",
          "exec",
          netns,
          "nft",
          "-s",
          "-j",
          "list",
          "table",
          family,
          name,
        );
        if (exitCode !== 0) return undefined;
        const { nftables } = JSON.parse(stdout) as { nftables: Record<string, Values>[] };
        return { has: nftables.flatMap((each) => Object.keys(each)).filter((each) => each !== "metainfo") };
      },
      expected: ({ ruleset }) => {
        const text = String(ruleset);
        const sets = text.includes("blocked") ? ["set"] : [];
        const rules = text
          .split("\n")
          .filter((line) => /\b(drop|accept|log)\b(?! *;)/.test(line) && !line.includes("hook"));
        return { has: ["table", ...sets, "chain", ...rules.map(() => "rule")] };
      },
      updates: [
        { what: "other rules", change: { ruleset: other } },
        { what: "as at first", change: { ruleset } },
      ],
      replaces: { name: "other", family: "bridge", netns: "other" },
      drifts: [
        {
          what: "a rule added by hand",
          input: "ruleset",
          by: () => nft("add", "rule", family, name, "in", "accept"),
        },
        {
          what: "a rule removed by hand",
          input: "ruleset",
          by: () => nft("flush", "chain", family, name, "in"),
        },
        {
          what: "an element added by hand",
          input: "ruleset",
          by: () => nft("add", "element", family, name, "blocked", `{ ${family === "inet" ? "10.0.0.9" : "fd00::9"} }`),
        },
      ],
      ignores: [
        { what: "another table", by: () => nft("add", "table", "inet", "another") },
        {
          what: "packets that are counted",
          by: () =>
            world.try("ip", "netns", "exec", netns, "ping", "-c1", "-W1", family === "inet" ? "127.0.0.1" : "::1"),
        },
      ],
      vanish: () => nft("delete", "table", family, name),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: {
        make: () => world.inside(netns, "nft", `table ${family} ${name} {\n${ruleset}\n}\n`),
        differ: () => nft("flush", "chain", family, name, "in"),
        remove: () => nft("delete", "table", family, name),
      },
      ...(family === "inet" && {
        faults: {
          tool: "nft",
          update: { what: "other rules", change: { ruleset: written } },
          obstacle: { none: "nothing outside of a table can refer to it" },
          impossible: { "no kernel module": "`nft` says so like any failure" },
        },
      }),
    };
  });
}

beyond("NftTable: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("n");
  const inputs = (values: Values = {}) => {
    const given = { name: "lab", family: "inet", netns, ruleset: printed, owner: world.owner };
    const { inputs: checked, failures } = check(kind, { ...given, ...(hostUrl && { host: hostUrl }), ...values });
    expect(failures).toEqual([]);
    return checked;
  };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("a ruleset that nft refuses changes nothing, and the error has its line", async () => {
    const { id, outputs } = await create(kind, inputs(), settings);
    const before = await world.inside(netns, "nft", "list", "ruleset");
    const wrong = inputs({ ruleset: "chain in {\n\tno-such-word\n}" });
    expect((await failure(() => update(kind, id, outputs, wrong, settings))).message).toMatch(/stdin:2:/);
    expect(await world.inside(netns, "nft", "list", "ruleset")).toBe(before);
    await remove(kind, id, outputs, settings);
    expect(await failure(() => create(kind, wrong, settings))).toMatchObject({ code: "LN_COMMAND" });
    expect(await world.inside(netns, "nft", "list", "ruleset")).toBe("");
  });

  test("an update keeps the chains and sets that it does not change; one with another declaration is made again", async () => {
    const seen = "set seen {\n\ttype ipv4_addr\n\tsize 100\n\tflags dynamic\n}";
    const out =
      "chain out {\n\ttype filter hook output priority filter; policy accept;\n\tcounter\n\tadd @seen { ip daddr }\n}";
    const map = (element: string) => `map to {\n\ttype inet_service : verdict\n\telements = { ${element} }\n}`;
    const lookUp = "chain look-up {\n\ttcp dport vmap @to\n}";
    const texts = {
      first: [seen, map("1 : goto own"), out, lookUp, "chain own {\n\taccept\n}"],
      second: [seen, map("2 : goto other"), out, lookUp, "chain other {\n\tjump last\n}\nchain last {\n\tdrop\n}"],
      third: [seen, map("2 : drop"), out, "chain look-up {\n\ttcp dport vmap @to\n\tdrop\n}"],
      none: [out.replace("\tadd @seen { ip daddr }\n", "")],
      anew: [out.replace("\tadd @seen { ip daddr }\n", "").replace("priority filter", "priority mangle")],
    };
    const importable = async () => parseTable(await world.inside(netns, "nft", "list", "table", "inet", "lab")).body;
    const counted = async () => Number(/packets (\d+)/.exec(await world.inside(netns, "nft", "list", "ruleset"))?.[1]);
    const made = await create(kind, inputs({ ruleset: texts.first.join("\n\n") }), settings);
    const { id } = made;
    let { outputs } = made;
    await world.inside(netns, "ping", "-c1", "127.0.0.1");
    const count = await counted();
    expect(count).toBeGreaterThan(0);
    const change = async (text: readonly string[]) => {
      outputs = await update(kind, id, outputs, inputs({ ruleset: text.join("\n\n") }), settings);
      const blocks = (ruleset: string) =>
        ruleset
          .replace(/ packets \d+ bytes \d+/, "")
          .split(/\n\n|\n(?=chain)/)
          .sort();
      expect(blocks(await importable())).toEqual(blocks(text.join("\n\n")));
    };
    for (const text of [texts.first, texts.second, texts.third]) {
      await change(text);
      expect(await counted()).toBe(count);
      expect(await world.inside(netns, "nft", "list", "ruleset")).toContain("127.0.0.1");
    }
    // A rule in the chain of a hook, a set that is removed, and then another priority of the hook.
    for (const text of [texts.none, texts.anew]) {
      await change(text);
      expect(await counted()).toBe(0);
    }
    await remove(kind, id, outputs, settings);
  });

  test("a table has its comment from the moment it is made", async () => {
    const { id, outputs } = await create(kind, inputs({ ruleset: 'comment "for } all"\nchain own {\n}' }), settings);
    expect(await world.inside(netns, "nft", "list", "ruleset")).toContain('comment "for } all"');
    await remove(kind, id, outputs, settings);
  });

  test("elements that packets add to a set, and elements that expire, are no drift", async () => {
    const ruleset = `set seen {
      type ipv4_addr; flags dynamic; size 100;
    }
    set short {
      type ipv4_addr; timeout 1s; elements = { 10.0.0.1 }
    }
    chain out {
      type filter hook output priority 0; policy accept;
      add @seen { ip daddr }
    }`;
    const { id, outputs } = await create(kind, inputs({ ruleset }), settings);
    await world.inside(netns, "ping", "-c1", "127.0.0.1");
    await world.run("sleep", "1.5");
    expect(await world.inside(netns, "nft", "list", "ruleset")).toContain("127.0.0.1");
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    await remove(kind, id, outputs, settings);
  });

  test("a table of iptables is not listed, and cannot be taken over", async () => {
    await world.inside(netns, "iptables-nft", "-A", "INPUT", "-p", "tcp", "--dport", "9", "-j", "ACCEPT");
    await world.inside(netns, "nft", "table ip nat { chain post { type nat hook postrouting priority 100; }; }");
    expect(await kind.imports?.list(testHost(), netns)).toEqual([{ id: `ip/nat@${netns}` }]);
    const ruleset = parseTable(await world.inside(netns, "nft", "-s", "list", "table", "ip", "filter")).body;
    const theirs = inputs({ family: "ip", name: "filter", ruleset, adopt: true });
    expect(await failure(() => create(kind, theirs, settings))).toMatchObject({ code: "LN_EXISTS" });
    const there = { ...settings, host: hostUrl };
    const error = await failure(() => findImportable(kind, `ip/filter@${netns}`, world.owner, there));
    expect(error).toMatchObject({ code: "LN_INPUT", summary: expect.stringContaining("iptables manages") });
  });
});

test.each<[string, string, Values]>([
  ["name", "must be 1 to 64", { name: "-x" }],
  ["name", "must be 1 to 64", { name: "a b" }],
  ["family", "must be one of ip,", { family: "ipv4" }],
  ["ruleset", "closes a brace", { ruleset: "}\ntable ip other {" }],
  ["ruleset", "must close all braces", { ruleset: "chain a {" }],
  ["ruleset", "quotation mark", { ruleset: 'chain a {\ncomment "x\n}' }],
  ["ruleset", 'line 2: must not contain the command "flush"', { ruleset: "chain a {\n}; flush ruleset" }],
  ["ruleset", 'must not contain the command "delete"', { ruleset: "delete table ip x" }],
  ["ruleset", 'must not contain the command "table"', { ruleset: "table inet lab {\n}" }],
  ["ruleset", "must not include files", { ruleset: 'chain a {\n include "/etc/x"\n}' }],
  ["ruleset", "without NUL", { ruleset: "\0" }],
  ["ruleset", "at most 1 MiB", { ruleset: "#".repeat(1048577) }],
])("%s is refused: %s", (property, rule, values) => {
  const given = { name: "lab", family: "inet", ruleset: "", owner: "p/s/n", ...values };
  expect(check(kind, given).failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

test("rules that add to a set or delete from it are not refused as commands", () => {
  const ruleset = "chain a {\n add @s { ip saddr }\n delete @s { ip saddr }; reset tcp option mptcp\n}";
  expect(check(kind, { name: "lab", family: "inet", ruleset, owner: "p/s/n" }).failures).toEqual([]);
});

everyInput(kind);
everyDrift(kind);
