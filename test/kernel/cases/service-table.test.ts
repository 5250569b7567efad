import { check, type Values } from "../../../provider/src/core/check";
import { checkOnHost } from "../../../provider/src/core/check-on-host";
import { diff } from "../../../provider/src/core/diff";
import { asked } from "../../../provider/src/core/holdings";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { iptablesChain, serviceTable as kind, nftTable } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { checkedTable, expectedWays, manyServices, ways } from "../support/service-table";
import { hostUrl, settings, testHost, World } from "../support/world";

const web = { name: "default/web", addresses: ["10.96.0.1"], ports: [{ port: 80, targetPort: 8080 }] };
const withEndpoints = (...endpoints: unknown[]) => ({ ...web, endpoints });
const two = withEndpoints("10.0.0.2", "10.0.0.3");
const dns = {
  ...{ name: "dns", addresses: ["10.96.0.2", "fd00:96::2"], endpoints: ["10.0.0.2", "fd00::2"] },
  ports: [{ port: 53, protocol: "udp" }],
};
for (const mode of ["iptables", "nftables"] as const) {
  const isNft = mode === "nftables";
  contract(`in mode ${mode}`, (world) => {
    const netns = world.netns("a");
    const run = (...argv: string[]) => world.inside(netns, ...argv);
    return {
      kind,
      marked: false,
      local: isNft,
      inputs: { netns, mode, services: [two] },
      actual: () => ways(world, netns),
      expected: expectedWays,
      updates: [
        { what: "another endpoint", change: { services: [withEndpoints("10.0.0.2", "10.0.0.3", "10.0.0.4")] } },
        { what: "another service, of both IP versions", change: { services: [two, dns] } },
        {
          what: "affinity and a node port",
          change: {
            services: [
              {
                ...two,
                sessionAffinity: { timeoutSeconds: 60 },
                ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
              },
              dns,
            ],
          },
        },
        { what: "affinity of other seconds", change: { services: [dns, { ...two, sessionAffinity: {} }] } },
        { what: "who is masqueraded", change: { podCidr: ["10.0.0.0/24", "fd00::/64"] } },
        { what: "everybody is masqueraded", change: { masqueradeAll: true } },
        ...(isNft
          ? [
              { what: "addresses of the node", change: { nodeAddresses: ["192.0.2.1"] } },
              { what: "the network of cluster addresses", change: { serviceCidr: ["10.96.0.0/16"] } },
            ]
          : []),
        {
          what: "one IP version",
          change: { families: ["ipv4"], podCidr: ["10.0.0.0/24"], services: [two, withoutSix(dns)] },
        },
        {
          what: "the other mode",
          change: { mode: isNft ? "iptables" : "nftables", nodeAddresses: [], serviceCidr: [] },
        },
        {
          what: "the first mode and both IP versions",
          change: { mode, families: ["ipv4", "ipv6"], services: [two, dns] },
        },
      ],
      replaces: { netns: "other" },
      drifts: isNft
        ? [
            {
              what: "an element that is gone",
              input: "services",
              by: () => run("nft", "delete", "element", "ip", "kube-proxy", "service-ips", "{ 10.96.0.2 . udp . 53 }"),
            },
            {
              what: "a rule in a chain of the node that is gone",
              input: "families",
              by: () => run("nft", "flush", "chain", "ip6", "kube-proxy", "masquerading"),
            },
          ]
        : [
            {
              what: "a rule that is gone",
              input: "services",
              by: async () => {
                const rule = /^-A (KUBE-SERVICES -d 10\.96\.0\.2.*)$/m.exec(
                  await run("iptables-save", "-t", "nat"),
                )?.[1];
                await run("sh", "-c", `iptables -w -t nat -D ${rule}`);
              },
            },
            {
              what: "rules of the node that are gone",
              input: "families",
              by: () => run("ip6tables", "-w", "-t", "nat", "-F", "KUBE-POSTROUTING"),
            },
          ],
      ignores: isNft
        ? [{ what: "another table", by: () => run("nft", "add", "table", "inet", "another") }]
        : [
            {
              what: "a rule of another's in a chain of the kernel",
              by: () => run("iptables", "-w", "-A", "INPUT", "-j", "ACCEPT"),
            },
            { what: "another chain", by: () => run("iptables", "-w", "-t", "nat", "-N", "ANOTHER") },
          ],
      vanish: () => run("nft", "flush", "ruleset"),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: { none: "it is made of many objects, and what others have made of them is not taken over" },
      faults: {
        tool: isNft ? "nft" : "iptables",
        update: { what: "another service", change: { services: [withEndpoints("10.0.0.4"), dns] } },
        obstacle: isNft
          ? {
              what: "a chain of another's in the table",
              op: "delete",
              make: () => run("nft", "add", "chain", "ip", "kube-proxy", "others"),
              message: () => /LN_BUSY/,
              clear: () => run("nft", "delete", "chain", "ip", "kube-proxy", "others"),
            }
          : {
              what: "a rule of another's in a chain of the node",
              op: "delete",
              make: () => run("iptables", "-w", "-t", "nat", "-A", "KUBE-SERVICES", "-p", "tcp", "-j", "RETURN"),
              message: () => /LN_BUSY/,
              clear: () => run("iptables", "-w", "-t", "nat", "-D", "KUBE-SERVICES", "-p", "tcp", "-j", "RETURN"),
            },
        impossible: { "no kernel module": "the commands say so like any failure" },
      },
    };
  });
}

function withoutSix({ addresses, endpoints, ...others }: typeof dns) {
  return { ...others, addresses: [addresses[0]], endpoints: [endpoints[0]] };
}

beyond("ServiceTable: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("t");
  const run = (...argv: string[]) => world.inside(netns, ...argv);
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
    asked.clear();
    expect(await reasons("p/s/one", "iptables")).toEqual([]);
    expect(await reasons("p/s/two", "nftables")).toEqual([
      "netns: must be another: another resource of the program, p/s/one, asks for its table of services",
    ]);
    asked.clear();
    const { id, outputs } = await create(kind, inputs({ services: [two] }), settings);
    expect(await reasons(world.owner, "nftables")).toEqual([]);
    asked.clear();
    expect(await reasons("p/s/two", "nftables")).toEqual([
      `netns: must be another: ServiceTable of ${world.owner} in the namespace ${netns} has its table of services`,
    ]);
    // Its entries in the ledger are still there.
    for (const table of ["nat", "filter"])
      for (const each of ["iptables", "ip6tables"])
        await run("sh", "-c", `${each} -w -t ${table} -F && ${each} -w -t ${table} -X`);
    asked.clear();
    expect(await reasons("p/s/two", "nftables")).toEqual([]);
    asked.clear();
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

test.each<[string, string, Values]>([
  ["mode", "must be iptables, ipvs or nftables", { mode: "userspace" }],
  ["scheduler", "is only for mode ipvs", { scheduler: "wrr" }],
  ["scheduler", "must be one of rr, wrr", { mode: "ipvs", scheduler: "fastest" }],
  [
    "services.0.ports.0.nodePort",
    "needs nodeAddresses in mode ipvs",
    { mode: "ipvs", services: [{ ...two, ports: [{ port: 80, nodePort: 30080 }] }] },
  ],
  ["services.1.ports.0.port", "must be free: tcp 80 of 10.96.0.1", { services: [two, { ...two, name: "other" }] }],
  ["services.1.name", "must not be that of another service", { services: [two, { ...two, addresses: ["10.96.0.9"] }] }],
  [
    "services.0.addresses",
    "at most one of an IP version",
    { services: [{ ...two, addresses: ["10.96.0.1", "10.96.0.2"] }] },
  ],
  ["services.0.endpoints.0", "no loopback", { services: [withEndpoints("127.0.0.1")] }],
  ["services.0.endpoints.0", "must be of an IP version", { services: [withEndpoints("fd00::1")] }],
  ["services.0.drift", "must not be given", { services: [{ ...two, drift: "x" }] }],
  ["services.0.ports.0.nodePort", "30000 to 32767", { services: [{ ...two, ports: [{ port: 80, nodePort: 80 }] }] }],
  [
    "services.0.sessionAffinity.timeoutSeconds",
    "1 to 86400",
    { services: [{ ...two, sessionAffinity: { timeoutSeconds: 0 } }] },
  ],
  ["serviceCidr", "is only for mode nftables", { serviceCidr: ["10.96.0.0/16"] }],
  ["nodeAddresses", "is not for mode iptables", { nodeAddresses: ["192.0.2.1"] }],
  ["podCidr", "at most one of an IP version", { podCidr: ["10.0.0.0/24", "10.0.1.0/24"] }],
  ["families", "must not be empty", { families: [] }],
])("%s is refused: %s", (property, rule, values) => {
  expect(check(kind, { owner: "p/s/n", ...values }).failures).toMatchObject([
    { property: expect.stringContaining(property), reason: expect.stringContaining(rule) },
  ]);
});

everyInput(kind, ["scheduler"]);
everyDrift(kind, {
  scheduler: "it is for mode ipvs, which has cases of its own",
  mode: "what is made in the other mode is not looked at",
  nodeAddresses: "what is made of it shows in families",
  podCidr: "what is made of it shows in services",
  serviceCidr: "what is made of it shows in families",
  masqueradeAll: "what is made of it shows in services",
});
