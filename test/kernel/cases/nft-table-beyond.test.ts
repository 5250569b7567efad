import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { nftTable as kind } from "../../../provider/src/kinds";
import { parseTable } from "../../../provider/src/tools/nft";
import { beyond, failure } from "../support/contract";
import { hostUrl, settings, testHost, World } from "../support/world";

const printed = "chain in {\n\ttype filter hook input priority filter; policy accept;\n}";

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
    const before = await world.runIn(netns, "nft", "list", "ruleset");
    const wrong = inputs({ ruleset: "chain in {\n\tno-such-word\n}" });
    expect((await failure(() => update(kind, id, outputs, wrong, settings))).message).toMatch(/stdin:2:/);
    expect(await world.runIn(netns, "nft", "list", "ruleset")).toBe(before);
    await remove(kind, id, outputs, settings);
    expect(await failure(() => create(kind, wrong, settings))).toMatchObject({ code: "LN_COMMAND" });
    expect(await world.runIn(netns, "nft", "list", "ruleset")).toBe("");
  });

  test("an update keeps the chains and sets that it does not change; one with another declaration is made again", async () => {
    const dynamicSet = "set seen {\n\ttype ipv4_addr\n\tsize 100\n\tflags dynamic\n}";
    const out =
      "chain out {\n\ttype filter hook output priority filter; policy accept;\n\tcounter\n\tadd @seen { ip daddr }\n}";
    const map = (element: string) => `map to {\n\ttype inet_service : verdict\n\telements = { ${element} }\n}`;
    const lookUp = "chain look-up {\n\ttcp dport vmap @to\n}";
    const texts = {
      first: [dynamicSet, map("1 : goto own"), out, lookUp, "chain own {\n\taccept\n}"],
      second: [
        dynamicSet,
        map("2 : goto other"),
        out,
        lookUp,
        "chain other {\n\tjump last\n}\nchain last {\n\tdrop\n}",
      ],
      third: [dynamicSet, map("2 : drop"), out, "chain look-up {\n\ttcp dport vmap @to\n\tdrop\n}"],
      none: [out.replace("\tadd @seen { ip daddr }\n", "")],
      anew: [out.replace("\tadd @seen { ip daddr }\n", "").replace("priority filter", "priority mangle")],
    };
    const importable = async () => parseTable(await world.runIn(netns, "nft", "list", "table", "inet", "lab")).body;
    const counted = async () => Number(/packets (\d+)/.exec(await world.runIn(netns, "nft", "list", "ruleset"))?.[1]);
    const made = await create(kind, inputs({ ruleset: texts.first.join("\n\n") }), settings);
    const { id } = made;
    let { outputs } = made;
    await world.runIn(netns, "ping", "-c1", "127.0.0.1");
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
      expect(await world.runIn(netns, "nft", "list", "ruleset")).toContain("127.0.0.1");
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
    expect(await world.runIn(netns, "nft", "list", "ruleset")).toContain('comment "for } all"');
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
    await world.runIn(netns, "ping", "-c1", "127.0.0.1");
    await world.run("sleep", "1.5");
    expect(await world.runIn(netns, "nft", "list", "ruleset")).toContain("127.0.0.1");
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    await remove(kind, id, outputs, settings);
  });

  test("a table of iptables is not listed, and cannot be taken over", async () => {
    await world.runIn(netns, "iptables-nft", "-A", "INPUT", "-p", "tcp", "--dport", "9", "-j", "ACCEPT");
    await world.runIn(netns, "nft", "table ip nat { chain post { type nat hook postrouting priority 100; }; }");
    expect(await kind.imports?.list(testHost(), netns)).toEqual([{ id: `ip/nat@${netns}` }]);
    const ruleset = parseTable(await world.runIn(netns, "nft", "-s", "list", "table", "ip", "filter")).body;
    const theirs = inputs({ family: "ip", name: "filter", ruleset, adopt: true });
    expect(await failure(() => create(kind, theirs, settings))).toMatchObject({ code: "LN_EXISTS" });
    const there = { ...settings, host: hostUrl };
    const error = await failure(() => findImportable(kind, `ip/filter@${netns}`, world.owner, there));
    expect(error).toMatchObject({ code: "LN_INPUT", summary: expect.stringContaining("iptables manages") });
  });
});
