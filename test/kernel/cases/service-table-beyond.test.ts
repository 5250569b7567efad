import { check, type Values } from "../../../provider/src/core/check";
import { checkOnHost } from "../../../provider/src/core/check-on-host";
import { diff } from "../../../provider/src/core/diff";
import { requestedHoldings } from "../../../provider/src/core/holdings";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { iptablesChain, serviceTable as kind, nftTable } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { checkedTable, dns, expectedWays, manyServices, two, ways } from "../support/service-table";
import { hostUrl, settings, testHost, World } from "../support/world";

beyond("ServiceTable: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("t");
  const run = (...argv: string[]) => world.runIn(netns, ...argv);
  const inputs = (values: Values) => checkedTable(world, netns, values);
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test.each(["iptables", "nftables"] as const)(
    "mode %s: what differs is told service by service, and repaired alone",
    async (mode) => {
      const wanted = inputs({ mode, services: manyServices(5) });
      const { id, outputs } = await create(kind, wanted, settings);
      if (mode === "iptables") {
        const saved = await run("iptables-save", "-t", "nat");
        const [, chain = ""] = /-A (KUBE-SEP-\S+) .*web-1 .*DNAT/.exec(saved) ?? [];
        await run("iptables", "-w", "-t", "nat", "-I", chain, "-j", "ACCEPT");
        const rule = /^-A (KUBE-SERVICES -d 10\.96\.0\.3.*)$/m.exec(saved)?.[1];
        await run("sh", "-c", `iptables -w -t nat -D ${rule}`);
      } else {
        const [, chain = ""] =
          /chain (endpoint-\S*web-1\S*)/.exec(await run("nft", "list", "table", "ip", "kube-proxy")) ?? [];
        await run("nft", "insert", "rule", "ip", "kube-proxy", chain, "accept");
        await run("nft", "delete", "element", "ip", "kube-proxy", "service-ips", "{ 10.96.0.3 . tcp . 80 }");
      }
      const current = (await read(kind, id, outputs, settings))?.outputs as Values;
      const drifts = (current.services as { name: string; drift?: string }[]).map(({ drift }) => drift);
      expect(drifts).toEqual([
        undefined,
        expect.stringMatching(/^chain (KUBE-SEP|endpoint)-.* is not as it was made$/),
        undefined,
        expect.stringMatching(/^(rules|element) .* is missing$/),
        undefined,
      ]);
      expect(diff(kind, current, wanted)).toEqual({ changes: true, replaces: [] });
      const repaired = await update(kind, id, current, wanted, settings);
      expect(repaired).toEqual(outputs);
      expect(await run("iptables-save", "-t", "nat")).not.toContain("-j ACCEPT");
      await remove(kind, id, repaired, settings);
      expect(await ways(world, netns)).toBeUndefined();
    },
  );

  test.each(["iptables", "nftables"] as const)(
    "mode %s: one service more leaves the others as they are, and takes a few processes",
    async (mode) => {
      const host = jest.spyOn(testHost(), "run");
      const { id, outputs } = await create(kind, inputs({ mode, services: manyServices(20) }), settings);
      const ofCreate = host.mock.calls.length;
      await run("ping", "-c1", "-W1", "127.0.0.1");
      const handles = async () =>
        mode === "iptables"
          ? (await run("nft", "-a", "list", "table", "ip", "nat")).split("\n")
          : (await run("nft", "-a", "list", "table", "ip", "kube-proxy"))
              .replace(/elements = \{.*?\}/gs, "")
              .split("\n");
      const before = await handles();
      host.mockClear();
      const after = await update(kind, id, outputs, inputs({ mode, services: manyServices(21) }), settings);
      expect(host.mock.calls.length).toBeLessThan(25);
      expect(ofCreate).toBeLessThan(25);
      const now = new Set(await handles());
      expect(before.filter((line) => !now.has(line))).toEqual([]);
      host.mockRestore();
      await remove(kind, id, after, settings);
      expect(await ways(world, netns)).toBeUndefined();
    },
  );

  test("what is another's keeps a table out, by its owner's name, and the other way round", async () => {
    const other = { owner: `lnt/other/${world.tag}`, netns, ...(hostUrl && { host: hostUrl }) };
    const chain = check(iptablesChain, { ...other, name: "KUBE-SERVICES", table: "nat" }).inputs;
    const table = check(nftTable, { ...other, family: "ip", name: "kube-proxy", ruleset: "" }).inputs;
    for (const [mode, theirs, values] of [
      ["iptables", iptablesChain, chain],
      ["nftables", nftTable, table],
    ] as const) {
      const wanted = inputs({ mode, services: [two] });
      const made = await create(theirs, values, settings);
      const error = await failure(() => create(kind, wanted, settings));
      expect(error).toMatchObject({ code: "LN_EXISTS", summary: expect.stringContaining(other.owner) });
      await remove(theirs, made.id, made.outputs, settings);
      const { id, outputs } = await create(kind, wanted, settings);
      const reverse = await failure(() => create(theirs, values, settings));
      expect(reverse).toMatchObject({ code: "LN_EXISTS", summary: expect.stringContaining(world.owner) });
      await remove(kind, id, outputs, settings);
    }
    await run("iptables", "-w", "-t", "nat", "-N", "KUBE-SERVICES");
    const unowned = await failure(() => create(kind, inputs({ services: [two], adopt: true }), settings));
    expect(unowned).toMatchObject({ code: "LN_EXISTS", summary: expect.stringContaining("is not ours") });
    await run("iptables", "-w", "-t", "nat", "-X", "KUBE-SERVICES");
  });

  test("what others have in the chains of the node, and in the maps, stays and keeps the table from going", async () => {
    const wanted = inputs({ services: [two] });
    const made = await create(kind, wanted, settings);
    const theirs = ["-d", "192.0.2.9/32", "-j", "RETURN"];
    await run("iptables", "-w", "-t", "nat", "-A", "KUBE-SERVICES", ...theirs);
    const more = await update(kind, made.id, made.outputs, inputs({ services: [two, dns] }), settings);
    expect(await run("iptables-save", "-t", "nat")).toContain(`-A KUBE-SERVICES ${theirs.join(" ")}`);
    expect(await failure(() => remove(kind, made.id, more, settings))).toMatchObject({
      code: "LN_BUSY",
      summary: expect.stringContaining("192.0.2.9/32"),
    });
    await run("iptables", "-w", "-t", "nat", "-D", "KUBE-SERVICES", ...theirs);
    const nft = await update(kind, made.id, more, inputs({ mode: "nftables", services: [two] }), settings);
    const element = "{ 192.0.2.9 . tcp . 9 : drop }";
    await run("nft", "add", "element", "ip", "kube-proxy", "service-ips", element);
    const last = await update(kind, made.id, nft, inputs({ mode: "nftables", services: [two, dns] }), settings);
    expect(await run("nft", "list", "map", "ip", "kube-proxy", "service-ips")).toContain("192.0.2.9");
    expect(await failure(() => remove(kind, made.id, last, settings))).toMatchObject({ code: "LN_BUSY" });
    await run("nft", "delete", "element", "ip", "kube-proxy", "service-ips", "{ 192.0.2.9 . tcp . 9 }");
    await remove(kind, made.id, last, settings);
    expect(await ways(world, netns)).toBeUndefined();
  });

  test.each(["iptables", "nftables"] as const)(
    "mode %s: both IP versions have drifted: a second refresh says the same, destroy leaves nothing, without an up between",
    async (mode) => {
      const before = await world.settled();
      const { id, outputs } = await create(kind, inputs({ mode, services: [two, dns] }), settings);
      for (const family of ["ip", "ip6"])
        if (mode === "nftables") await run("nft", "flush", "chain", family, "kube-proxy", "masquerading");
        else await run(`${family}tables`, "-w", "-t", "nat", "-F", "KUBE-POSTROUTING");
      const first = (await read(kind, id, outputs, settings))?.outputs as Values;
      expect(first).toEqual({ ...outputs, families: [] });
      expect((await read(kind, id, first, settings))?.outputs).toEqual(first);
      await remove(kind, id, first, settings);
      expect(await ways(world, netns)).toBeUndefined();
      expect(await world.settled(before)).toBe(before);
    },
  );

  test("of one IP version that has drifted, what is repaired by hand is seen", async () => {
    const { id, outputs } = await create(kind, inputs({ services: [two, dns] }), settings);
    const saved = await run("iptables-save", "-t", "nat");
    await run("iptables", "-w", "-t", "nat", "-F", "KUBE-POSTROUTING");
    const drifted = (await read(kind, id, outputs, settings))?.outputs as Values;
    expect(drifted).toEqual({ ...outputs, families: ["ipv6"] });
    for (const [, rule] of saved.matchAll(/^-A (KUBE-POSTROUTING .*)$/gm))
      await run("sh", "-c", `iptables -w -t nat -A ${rule}`);
    expect((await read(kind, id, drifted, settings))?.outputs).toEqual(outputs);
    await remove(kind, id, drifted, settings);
    expect(await ways(world, netns)).toBeUndefined();
  });

  test("a preview refuses a second table of a namespace: of the program, or of another stack while there is one", async () => {
    const reasons = async (owner: string, mode: string) => {
      const { failures } = await checkOnHost(kind, { ...inputs({ mode, services: [two] }), owner }, settings);
      return failures.map(({ reason }) => reason);
    };
    requestedHoldings.clear();
    expect(await reasons("p/s/one", "iptables")).toEqual([]);
    expect(await reasons("p/s/two", "nftables")).toEqual([
      "netns: must be another: another resource of the program, p/s/one, asks for its table of services",
    ]);
    requestedHoldings.clear();
    const { id, outputs } = await create(kind, inputs({ services: [two] }), settings);
    expect(await reasons(world.owner, "nftables")).toEqual([]);
    requestedHoldings.clear();
    expect(await reasons("p/s/two", "nftables")).toEqual([
      `netns: must be another: ServiceTable of ${world.owner} in the namespace ${netns} has its table of services`,
    ]);
    // Its entries in the ledger are still there.
    for (const table of ["nat", "filter"])
      for (const each of ["iptables", "ip6tables"])
        await run("sh", "-c", `${each} -w -t ${table} -F && ${each} -w -t ${table} -X`);
    requestedHoldings.clear();
    expect(await reasons("p/s/two", "nftables")).toEqual([]);
    requestedHoldings.clear();
    await remove(kind, id, outputs, settings);
  });

  test("after a crash that lost the state, with another mode since", async () => {
    await create(kind, inputs({ services: [two, dns] }), settings);
    const { id, outputs } = await create(kind, inputs({ mode: "nftables", services: [two] }), settings);
    expect(await ways(world, netns)).toMatchObject(expectedWays({ mode: "nftables", services: [two] }));
    const again = await create(kind, inputs({ services: [dns] }), settings);
    expect(await ways(world, netns)).toMatchObject(expectedWays({ services: [dns] }));
    await remove(kind, id, again.outputs, settings);
    expect(outputs.mode).toBe("nftables");
    expect(await ways(world, netns)).toBeUndefined();
  });
});
