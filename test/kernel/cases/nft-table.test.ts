import { check, type Values } from "../../../provider/src/core/check";
import { nftTable as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";

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
    const nft = (...args: string[]) => world.runIn(netns, "nft", ...args);
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
        make: () => world.runIn(netns, "nft", `table ${family} ${name} {\n${ruleset}\n}\n`),
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
