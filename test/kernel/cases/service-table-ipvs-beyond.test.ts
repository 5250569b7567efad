import { check, type Values } from "../../../provider/src/core/check";
import { diff } from "../../../provider/src/core/diff";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { dummy, ipSet, ipvsService, serviceTable as kind } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { lack } from "../support/features";
import { checkedTable, dns, expectedWays, manyServices, two, ways } from "../support/service-table";
import { hostUrl, settings, testHost, World } from "../support/world";

// Over ssh to an emulated machine, a table takes its time.
jest.setTimeout(10 * 60_000);

const mode = "ipvs";
const lacking = lack("ipvs") ?? lack("dummy") ?? lack("ipset");
beyond(`ServiceTable: beyond the contract, in mode ipvs${lacking ? ` (${lacking})` : ""}`, () => {
  const here = lacking ? test.skip : test;
  const world = new World();
  const netns = world.netns("t");
  const run = (...argv: string[]) => world.runIn(netns, ...argv);
  const inputs = (values: Values) => checkedTable(world, netns, { mode, ...values });
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  here("what differs is told service by service, and repaired alone; one more takes a few processes", async () => {
    const host = jest.spyOn(testHost(), "run");
    const { id, outputs } = await create(kind, inputs({ services: manyServices(9) }), settings);
    expect(host.mock.calls.length).toBeLessThan(90);
    await world.script(
      netns,
      [
        "ipvsadm -E -t 10.96.0.1:80 -s lc",
        "ipvsadm -e -t 10.96.0.2:80 -r 10.0.0.2:80 -m -w 7",
        "ipvsadm -d -t 10.96.0.3:80 -r 10.0.0.3:80",
        "ipvsadm -a -t 10.96.0.4:80 -r 10.0.0.9:80 -m",
        "ipvsadm -D -t 10.96.0.5:80",
        "ip addr del 10.96.0.6/32 dev kube-ipvs0",
        "ipset del KUBE-CLUSTER-IP 10.96.0.7,tcp:80",
      ].join(" && "),
    );
    const current = (await read(kind, id, outputs, settings))?.outputs as Values;
    const drifts = (current.services as { drift?: string }[]).map(({ drift }) => drift);
    expect(drifts).toEqual([
      undefined,
      "virtual server tcp/10.96.0.1:80 is not as it was made",
      "virtual server tcp/10.96.0.2:80 is not as it was made",
      "virtual server tcp/10.96.0.3:80 is not as it was made",
      "virtual server tcp/10.96.0.4:80 is not as it was made",
      "virtual server tcp/10.96.0.5:80 is missing",
      "address 10.96.0.6 of kube-ipvs0 is missing",
      "entry 10.96.0.7,tcp:80 of set KUBE-CLUSTER-IP is missing",
      undefined,
    ]);
    host.mockClear();
    const repaired = await update(kind, id, current, inputs({ services: manyServices(9) }), settings);
    expect(repaired).toEqual(outputs);
    const restored = host.mock.calls.flatMap(([argv, options]) => (argv.includes("-R") ? [options?.input ?? ""] : []));
    expect(restored).toEqual([
      [
        "-E -t 10.96.0.1:80 -s rr",
        "-E -t 10.96.0.2:80 -s rr",
        "-e -t 10.96.0.2:80 -r 10.0.0.2:80 -m -w 1 -x 0 -y 0",
        "-E -t 10.96.0.3:80 -s rr",
        "-a -t 10.96.0.3:80 -r 10.0.0.3:80 -m -w 1 -x 0 -y 0",
        "-E -t 10.96.0.4:80 -s rr",
        "-d -t 10.96.0.4:80 -r 10.0.0.9:80",
        "-A -t 10.96.0.5:80 -s rr",
        "-a -t 10.96.0.5:80 -r 10.0.0.2:80 -m -w 1 -x 0 -y 0",
        "-a -t 10.96.0.5:80 -r 10.0.0.3:80 -m -w 1 -x 0 -y 0\n",
      ].join("\n"),
    ]);
    host.mockClear();
    const more = await update(kind, id, repaired, inputs({ services: manyServices(10) }), settings);
    expect(host.mock.calls.length).toBeLessThan(45);
    host.mockRestore();
    await remove(kind, id, more, settings);
    expect(await ways(world, netns)).toBeUndefined();
  });

  here("what is another's keeps a table out, by its owner's name", async () => {
    const other = { owner: `lnt/other/${world.tag}`, netns, ...(hostUrl && { host: hostUrl }) };
    const wanted = inputs({ services: [two] });
    for (const [theirs, values] of [
      [ipvsService, { address: "10.96.0.1", port: 80 }],
      [ipSet, { name: "KUBE-CLUSTER-IP", type: "hash:ip,port" }],
      [dummy, { name: "kube-ipvs0" }],
    ] as const) {
      const { inputs: args, failures } = check(theirs, { ...other, ...values });
      expect(failures).toEqual([]);
      const made = await create(theirs, args, settings);
      const error = await failure(() => create(kind, wanted, settings));
      expect(error).toMatchObject({ code: "LN_EXISTS", summary: expect.stringContaining(other.owner) });
      expect(await run("iptables-save")).not.toContain("KUBE-");
      await remove(theirs, made.id, made.outputs, settings);
    }
    await run("ipvsadm", "-A", "-t", "10.96.0.1:80", "-s", "lc");
    const unowned = await failure(() => create(kind, inputs({ services: [two], adopt: true }), settings));
    expect(unowned).toMatchObject({ code: "LN_EXISTS", summary: expect.stringContaining("is not ours") });
    expect(await run("ipvsadm", "-S", "-n")).toBe("-A -t 10.96.0.1:80 -s lc\n");
    await run("ipvsadm", "-D", "-t", "10.96.0.1:80");
    expect(await ways(world, netns)).toBeUndefined();
  });

  here("what others have on the link, or made of a set, keeps the table from going, and all of it stays", async () => {
    const { id, outputs } = await create(kind, inputs({ services: [two, dns] }), settings);
    const rule = ["FORWARD", "-m", "set", "--match-set", "KUBE-CLUSTER-IP", "dst,dst", "-j", "ACCEPT"];
    await run("ip", "addr", "add", "192.0.2.9/32", "dev", "kube-ipvs0");
    await run("iptables", "-w", "-A", ...rule);
    const now = await update(kind, id, outputs, inputs({ services: [two] }), settings);
    expect(await run("ip", "addr", "show", "dev", "kube-ipvs0")).toMatch(/192\.0\.2\.9/);
    const before = await ways(world, netns);
    const error = await failure(() => remove(kind, id, now, settings));
    expect(error).toMatchObject({ code: "LN_BUSY" });
    expect(error.summary).toMatch(/address 192\.0\.2\.9\/32 of kube-ipvs0; rule -A FORWARD .*KUBE-CLUSTER-IP/);
    expect(await ways(world, netns)).toEqual(before);
    await run("ip", "addr", "del", "192.0.2.9/32", "dev", "kube-ipvs0");
    await run("iptables", "-w", "-D", ...rule);
    await remove(kind, id, now, settings);
    expect(await ways(world, netns)).toBeUndefined();
  });

  here("after a crash that lost the state, with another mode since, and after drift everywhere", async () => {
    await create(kind, inputs({ services: [two, dns] }), settings);
    await create(kind, inputs({ mode: "iptables", services: [two] }), settings);
    expect(await ways(world, netns)).toMatchObject(expectedWays({ mode: "iptables", services: [two] }));
    const { id, outputs } = await create(kind, inputs({ services: [dns] }), settings);
    expect(await ways(world, netns)).toMatchObject(expectedWays({ mode, services: [dns] }));
    for (const each of ["iptables", "ip6tables"]) await run(each, "-w", "-t", "nat", "-F", "KUBE-POSTROUTING");
    await run("ip", "link", "del", "kube-ipvs0");
    const current = (await read(kind, id, outputs, settings))?.outputs as Values;
    expect(current.families).toEqual([]);
    expect(diff(kind, current, inputs({ services: [dns] }))).toEqual({ changes: true, replaces: [] });
    await remove(kind, id, current, settings);
    expect(await ways(world, netns)).toBeUndefined();
  });
});
