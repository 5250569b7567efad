import { check, type Values } from "../../../provider/src/core/check";
import { create, remove } from "../../../provider/src/core/lifecycle";
import { trafficFilter as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { actionText, readFilter } from "../support/filters";
import { everyDrift, everyInput } from "../support/inputs";
import { plumb } from "../support/qdiscs";
import { hostUrl, settings, World } from "../support/world";

contract("that sends packets to a class", (world) => {
  const netns = world.netns("a");
  const tc = (words: string) => world.script(netns, `tc ${words}`);
  const at = "dev d0 parent 1: protocol ip prio 10";
  const inputs = { device: "d0", netns, parent: "1:", priority: 10, protocol: "ip", kind: "u32" };
  const u32 = { source: "10.0.0.0/8", destination: "10.1.2.3", ipProtocol: 17, sourcePort: 53, destinationPort: 80 };
  const same = "match ip src 10.0.0.0/8 match ip dst 10.1.2.3 match ip protocol 17 0xff match ip sport 53 0xffff";
  const again = (match: string, more: string) => async () => {
    await tc(`filter del ${at} handle 800::1 u32`);
    await tc(`filter add ${at} handle ::1 u32 ${match} ${more}`);
  };
  return {
    kind,
    marked: false,
    async prepare() {
      await plumb(world, netns);
      await tc("qdisc add dev d0 root handle 1: htb");
      for (const minor of ["10", "20"]) await tc(`class add dev d0 parent 1: classid 1:${minor} htb rate 1mbit`);
    },
    inputs: { ...inputs, u32, flowid: "1:10" },
    actual: () => readFilter(world, netns, "parent 1:", "800::1"),
    expected: ({ u32, flowid, actions }: Values) => {
      const { source, destination, ipProtocol, sourcePort, destinationPort } = (u32 ?? {}) as Values;
      const hex = (value: unknown) => Number(value).toString(16).padStart(4, "0");
      const ports = [sourcePort, destinationPort];
      const mask = ports.map((port) => (port === undefined ? "0000" : "ffff")).join("");
      const all = Object.values((u32 ?? {}) as Values).every((value) => value === undefined);
      const text = [
        flowid ? `*flowid ${flowid}` : (actions as Values[]).length > 0 && "terminal flowid",
        source !== undefined && "match 0a000000/ff000000 at 12",
        destination !== undefined && "match 0a010203/ffffffff at 16",
        ipProtocol !== undefined && "match 00110000/00ff0000 at 8",
        mask !== "00000000" && `match ${ports.map((port) => hex(port ?? 0)).join("")}/${mask} at 20`,
        all && "match 00000000/00000000 at 0",
        ...((actions ?? []) as Values[]).map(actionText),
      ];
      return { words: `protocol ip pref 10 u32 chain 0 fh 800::1 ${text.filter(Boolean).join(" ")}` };
    },
    updates: [
      { what: "another class", change: { flowid: "1:20" } },
      {
        what: "to another link as well",
        change: { actions: [{ kind: "mirror", device: "p0", direction: "ingress" }] },
      },
      { what: "less to look for", change: { u32: { source: "10.0.0.0/8", destinationPort: 80 } } },
      { what: "no class", change: { flowid: undefined } },
      { what: "all packets", change: { u32: undefined } },
      { what: "neither class nor action", change: { actions: [] } },
      { what: "an action alone", change: { actions: [{ kind: "mirror", device: "p0", direction: "ingress" }] } },
      { what: "as before", change: { u32, flowid: "1:10", actions: [] } },
    ],
    replaces: {
      ...{ device: "other", netns: "other", parent: "2:", priority: 11, handle: 2, protocol: "ipv6", kind: "matchall" },
    },
    drifts: [
      { what: "class", input: "flowid", by: () => tc(`filter replace ${at} handle 800::1 u32 ${same} flowid 1:20`) },
      { what: "source", input: "u32.source", by: again("match ip src 10.0.0.0/9", "flowid 1:10") },
      { what: "port", input: "u32.destinationPort", by: again(`${same} match ip dport 81 0xffff`, "flowid 1:10") },
      { what: "what no input says", input: "u32", by: again("match u8 0x10 0xff at 33", "flowid 1:10") },
      {
        what: "an action",
        input: "actions",
        by: () => tc(`filter replace ${at} handle 800::1 u32 ${same} flowid 1:10 action mirred egress redirect dev p0`),
      },
    ],
    ignores: [
      { what: "another of its priority", by: () => tc(`filter add ${at} handle ::7 u32 match ip src 10.9.9.9`) },
      {
        what: "another priority",
        by: () => tc("filter add dev d0 parent 1: protocol ipv6 prio 20 u32 match ip6 src fc00::1"),
      },
    ],
    vanish: () => tc(`filter del ${at} handle 800::1 u32`),
    parent: () => tc("qdisc del dev d0 root"),
    foreign: {
      make: () => tc(`filter add ${at} handle ::1 u32 ${same} match ip dport 80 0xffff flowid 1:10`),
      differ: () => tc(`filter replace ${at} handle 800::1 u32 ${same} flowid 1:20`),
      remove: () => tc(`filter del ${at}`),
    },
    faults: {
      tool: "tc",
      obstacle: {
        what: "a filter of another protocol at its priority",
        op: "create",
        make: () => tc("filter add dev d0 parent 1: protocol ipv6 prio 10 u32 match ip6 src fc00::1"),
        message: () => /specified priority/,
        clear: () => tc("filter del dev d0 parent 1: protocol ipv6 prio 10"),
      },
      impossible: { "no kernel module": "`tc` asks for it as for an impairment, whose case shows the error" },
    },
  };
});

contract("of incoming packets", (world) => {
  const netns = world.netns("a");
  const tc = (words: string) => world.script(netns, `tc ${words}`);
  const at = "dev d0 ingress protocol ipv6 prio 10";
  const match = "match ip6 src fc00:1::/24 match ip6 dst fc00::5 match ip6 protocol 6 0xff match ip6 dport 80 0xffff";
  const action = (device: string, direction = "egress") => `action mirred ${direction} redirect dev ${device}`;
  const u32 = { source: "fc00::/24", destination: "fc00::5", ipProtocol: 6, destinationPort: 80 };
  return {
    kind,
    marked: false,
    brief: true,
    async prepare() {
      await plumb(world, netns);
      await tc("qdisc add dev d0 ingress");
      await world.run("ip", "-n", netns, "link", "add", "far", "type", "veth", "peer", "name", "farp");
    },
    inputs: {
      ...{ device: "d0", netns, parent: "ingress", priority: 10, protocol: "ipv6", kind: "u32", u32 },
      ...{ handle: 0xabc, actions: [{ kind: "redirect", device: "p0" }] },
    },
    actual: () => readFilter(world, netns, "ingress", "800::abc"),
    expected: ({ actions }: Values) => {
      const words = "fc000000/ffffff00 at 8|fc000000/ffffffff at 24|00000000/ffffffff at 28|00000000/ffffffff at 32";
      const rest = "00000005/ffffffff at 36|00000600/0000ff00 at 4|00000050/0000ffff at 40";
      const text = `${words}|${rest}`.split("|").map((word) => `match ${word}`);
      const all = ["terminal flowid", ...text, ...(actions as Values[]).map(actionText)];
      return { words: `protocol ipv6 pref 10 u32 chain 0 fh 800::abc ${all.join(" ")}` };
    },
    updates: [{ what: "another link", change: { actions: [{ kind: "redirect", device: "far" }] } }],
    replaces: { handle: 0x800, parent: "egress" },
    drifts: [
      {
        what: "another direction",
        input: "actions",
        by: () => tc(`filter replace ${at} handle 800::abc u32 ${match} ${action("far", "ingress")}`),
      },
      {
        what: "the link goes",
        input: "actions",
        async by() {
          await world.run("ip", "-n", netns, "link", "del", "dev", "far");
          await world.run("ip", "-n", netns, "link", "add", "far", "type", "veth", "peer", "name", "farp");
        },
      },
    ],
    ignores: [{ what: "somebody lists actions", by: () => tc("actions ls action mirred") }],
    vanish: () => tc(`filter del ${at} handle 800::abc u32`),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => tc(`filter add ${at} handle ::abc u32 ${match.replace("fc00:1::", "fc00::")} ${action("p0")}`),
      differ: () => tc(`filter replace ${at} handle 800::abc u32 ${match} ${action("far")}`),
      remove: () => tc(`filter del ${at}`),
    },
    faults: { tool: "tc", obstacle: { none: "as in the first case" } },
  };
});

const elsewhere = ["flower", "fw"];
everyInput(kind, elsewhere);
everyDrift(
  kind,
  Object.fromEntries(elsewhere.map((key) => [key, "in cases of its own, which not every kernel can run"])),
);

beyond("TrafficFilter: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const inputs = (values: Values) =>
    check(kind, {
      ...{ device: "d0", netns, protocol: "ip", kind: "u32", owner: world.owner, ...(hostUrl && { host: hostUrl }) },
      ...values,
    }).inputs;
  const tc = (words: string) => world.script(netns, `tc ${words}`);
  const shown = (parent: string) => tc(`filter show dev d0 ${parent}`);
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
    await tc("qdisc add dev d0 clsact");
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("a u32 of the same priority in the other direction is refused, since the kernel mixes them up", async () => {
    await tc("filter add dev d0 ingress protocol ip prio 5 u32 match ip dport 1 0xffff");
    const error = await failure(() => create(kind, inputs({ parent: "egress", priority: 5 }), settings));
    expect(error).toMatchObject({ code: "LN_EXISTS", hint: "use another priority" });
    expect(await shown("egress")).toBe("");
    const { id, outputs } = await create(kind, inputs({ parent: "egress", priority: 6 }), settings);
    await remove(kind, id, outputs, settings);
    expect(await shown("egress")).toBe("");
    expect(await shown("ingress")).toContain("match 00000001/0000ffff at 20");
    await tc("filter del dev d0 ingress");
  });

  test("its delete does not remove other filters of its priority", async () => {
    await tc("filter add dev d0 egress protocol ip prio 5 u32 match ip dport 1 0xffff");
    const { id, outputs } = await create(kind, inputs({ parent: "egress", priority: 5 }), settings);
    await remove(kind, id, outputs, settings);
    expect(await shown("egress")).toContain("match 00000001/0000ffff at 20");
    await tc("filter del dev d0 egress");
  });

  test("a filter of egress is not mistaken for one of ingress", async () => {
    await tc("qdisc add dev p0 ingress");
    const error = await failure(() => create(kind, inputs({ device: "p0", parent: "egress", priority: 5 }), settings));
    expect(error).toMatchObject({ code: "LN_MISSING" });
    expect(await tc("filter show dev p0 ingress")).toBe("");
  });

  const least = { parent: "1:", priority: 1 };
  const drop = [{ kind: "drop" }];
  test.each<[Values, string, string]>([
    [{ priority: 1 }, "parent", "is required"],
    [{ ...least, parent: "ffff:" }, "parent", "must be ingress or egress"],
    [{ ...least, parent: "0:1" }, "parent", "must be ingress, egress, or a number"],
    [{ ...least, priority: 0 }, "priority", "must be 1 to 65535"],
    [{ ...least, handle: 4096 }, "handle", "must be 1 to 4095 for kind u32"],
    [{ ...least, protocol: "ipx" }, "protocol", "must be one of"],
    [{ ...least, kind: "bpf" }, "kind", "must be one of"],
    [{ ...least, flower: {} }, "flower", "must not be given for kind u32"],
    [{ ...least, kind: "matchall" }, "actions", "must not be empty for kind matchall without flowid"],
    [{ ...least, u32: { source: "10.0.0.0/0" } }, "u32.source", "must"],
    [{ ...least, u32: { source: "fc00::1" } }, "u32.source", "must be an IPv4 address"],
    [{ ...least, protocol: "arp", u32: { destinationPort: 1 } }, "u32", "must not be given with protocol arp"],
    [{ ...least, kind: "flower", flower: { destinationPorts: "80" } }, "flower.destinationPorts", "needs ipProtocol"],
    [{ ...least, kind: "flower", flower: { destinationPorts: "9-8" } }, "flower.destinationPorts", "must be ports"],
    [{ ...least, kind: "flower", flower: { vlanId: 5 } }, "flower.vlanId", "needs protocol 802.1Q or 802.1ad"],
    [
      { ...least, kind: "flower", protocol: "all", flower: { source: "10.0.0.1" } },
      "flower.source",
      "needs protocol ip or ipv6",
    ],
    [{ ...least, kind: "fw", actions: drop, fw: { mask: "0xffffffff" } }, "fw.mask", "must not be all bits"],
    [{ ...least, flowid: ":" }, "flowid", "must have a number other than 0"],
    [{ ...least, actions: [{ kind: "redirect" }] }, "actions.0.device", "redirect needs it"],
    [{ ...least, actions: [{ kind: "drop", mark: 1 }] }, "actions.0.mark", "must not be given for drop"],
    [{ ...least, actions: [{ kind: "skbedit" }] }, "actions.0.mark", "skbedit needs mark or priority"],
    [{ ...least, actions: [{ kind: "police", burstBytes: 1 }] }, "actions.0.rateKbit", "police needs it"],
    [
      { ...least, actions: [{ kind: "police", rateKbit: 1000001, burstBytes: 1 }] },
      "actions.0.rateKbit",
      "must be a multiple",
    ],
    [{ ...least, actions: [{ kind: "csum", checksums: [] }] }, "actions.0.checksums", "must not be empty"],
    [{ ...least, actions: [{ kind: "csum", checksums: ["tcp", "tcp"] }] }, "actions.0.checksums", "must not name"],
    [
      { ...least, actions: [{ kind: "csum", checksums: ["tcp"], exceed: "drop" }] },
      "actions.0.exceed",
      "must not be given",
    ],
    [{ ...least, actions: [{ kind: "vlanPush" }] }, "actions.0.vlanId", "vlanPush needs it"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const given = { device: "d0", protocol: "ip", kind: "u32", owner: world.owner, ...values };
    expect(check(kind, given).failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});
