import { check, type Values } from "../../../provider/src/core/check";
import { xfrmPolicy as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import type { World } from "../support/world";

/** The policies of one direction, as `ip` prints them. */
async function readPolicy(world: World, netns: string, direction: string): Promise<Values | undefined> {
  const text = await world.run("ip", "-n", netns, "xfrm", "policy", "list", "dir", direction);
  const policies = text.split(/^(?=src )/m).filter(Boolean);
  if (policies.length === 0) return undefined;
  return { policies: policies.length, words: (policies[0] ?? "").trim().split(/\s+/).join(" ") };
}

/** A policy as `ip` prints it. */
function expected(values: Values): Values {
  const { direction, source, destination, protocol, sourcePort, destinationPort, mark, ifId } = values;
  const { priority, action, templates } = values;
  const option = (word: string, value: unknown) => (value === undefined ? [] : [word, value]);
  const any = String(source).includes(":") ? "::" : "0.0.0.0";
  const words = [
    ...["src", source, "dst", destination, ...option("proto", protocol)],
    ...[...option("sport", sourcePort), ...option("dport", destinationPort)],
    ...["dir", direction, ...option("action", action === "allow" ? undefined : action)],
    ...[
      "priority",
      priority,
      "ptype",
      "main",
      ...option("mark", mark && `${mark}/0xffffffff`.replace(/(\/.*)\/.*/, "$1")),
    ],
    ...((templates ?? []) as Values[]).flatMap((each) => [
      ...["tmpl", "src", each.source ?? any, "dst", each.destination ?? any, "proto", each.protocol],
      ...option("spi", each.spi && `0x${Number(each.spi).toString(16).padStart(8, "0")}`),
      ...["reqid", each.reqid ?? 0, "mode", each.mode, ...(each.level === "use" ? ["level", "use"] : [])],
    ]),
    ...option("if_id", ifId && `0x${Number(ifId).toString(16)}`),
  ];
  return { policies: 1, words: words.join(" ") };
}

const tunnel = { source: "192.0.2.1", destination: "192.0.2.2", mode: "tunnel" };
const six = { source: "2001:db8::1", destination: "2001:db8::2" };

contract("for outgoing packets", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "policy", ...args);
  const key = ["src", "10.1.0.0/24", "dst", "10.2.0.0/24", "dir", "out"];
  const words = ["tmpl", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "mode", "tunnel"];
  return {
    kind,
    marked: false,
    inputs: { direction: "out", netns, source: "10.1.0.0/24", destination: "10.2.0.0/24", templates: [tunnel] },
    actual: () => readPolicy(world, netns, "out"),
    expected,
    updates: [
      { what: "a priority", change: { priority: 4294967295 } },
      { what: "a state by its numbers", change: { templates: [{ ...tunnel, spi: 257, reqid: 16 }] } },
      { what: "templates one in another", change: { templates: [{ protocol: "ah" }, { ...tunnel, ...six }] } },
      { what: "only where there is a state", change: { templates: [{ level: "use" }] } },
      { what: "block", change: { action: "block" } },
      { what: "no templates", change: { templates: undefined } },
      { what: "all taken away", change: { action: undefined, priority: undefined } },
      { what: "all at once", change: { templates: [{ ...tunnel, mode: "beet" }], priority: 7 } },
    ],
    replaces: {
      ...{ direction: "in", netns: "other", source: "10.3.0.0/24", destination: "10.3.0.1", protocol: "tcp" },
      ...{ sourcePort: 80, destinationPort: 90, mark: "7", ifId: 9 },
    },
    needed: {
      sourcePort: "it needs a protocol",
      destinationPort: "it needs a protocol",
    },
    drifts: [
      { what: "another priority", input: "priority", by: () => ip("update", ...key, "priority", "9", ...words) },
      { what: "it blocks", input: "action", by: () => ip("update", ...key, "action", "block") },
      { what: "other templates", input: "templates", by: () => ip("update", ...key, ...words, "reqid", "3") },
    ],
    ignores: [
      { what: "a policy for other packets", by: () => ip("add", "src", "10.4.0.0/24", "dir", "fwd", ...words) },
      { what: "one for the same packets, with a mark", by: () => ip("add", ...key.with(-1, "in"), "mark", "9") },
    ],
    vanish: () => ip("delete", ...key),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", ...key, ...words),
      differ: () => ip("update", ...key, ...words, "reqid", "5"),
      remove: () => ip("delete", ...key),
    },
    faults: {
      update: { what: "another state", change: { priority: 3, templates: [{ ...tunnel, spi: 258 }] } },
      tool: "ip",
      obstacle: { none: "nothing can hold a policy" },
      impossible: { "no kernel module": "a module that was loaded stays" },
    },
  };
});

for (const [what, inputs] of [
  [
    "of packets in IPv6, one port",
    { direction: "in", source: "2001:db8::/32", destination: "2001:0db8::1", protocol: "tcp", destinationPort: 443 },
  ],
  ["of packets with a mark, through a link", { direction: "fwd", mark: "1/0xff", ifId: 7, protocol: "icmp" }],
] as const)
  contract(what, (world) => {
    const netns = world.netns("a");
    const ip = (...args: string[]) => world.run("ip", "-n", netns, "xfrm", "policy", ...args);
    const key: string[] =
      inputs.direction === "in"
        ? ["src", "2001:db8::/32", "dst", "2001:db8::1", "proto", "6", "dport", "443", "dir", "in"]
        : ["proto", "1", "dir", "fwd", "mark", "1", "mask", "0xff", "if_id", "7"];
    return {
      kind,
      marked: false,
      local: true,
      brief: true,
      inputs: { ...inputs, netns },
      actual: () => readPolicy(world, netns, inputs.direction),
      expected,
      updates: [{ what: "a template", change: { templates: [{ ...tunnel, level: "use" }] } }],
      replaces: {},
      drifts: [{ what: "another priority", input: "priority", by: () => ip("update", ...key, "priority", "9") }],
      ignores: [],
      vanish: () => ip("delete", ...key),
      parent: { none: "as in the first case" },
      foreign: {
        make: () => ip("add", ...key),
        differ: { none: "as in the first case" },
        remove: () => ip("delete", ...key),
      },
    };
  });

everyInput(kind);
everyDrift(kind);

test.each([
  [{ direction: "up" }, "direction: must be in, out or fwd"],
  [{ source: "::/0" }, "destination: must be of the same IP version as source"],
  [{ source: "10.0.0.0/33" }, "source: must be an address or a network"],
  [{ destinationPort: 80 }, "destinationPort: needs protocol tcp"],
  [{ protocol: "icmp", sourcePort: 8 }, "sourcePort: needs protocol tcp"],
  [{ protocol: "99" }, "protocol: must be one of tcp"],
  [{ mark: "1/2/3" }, "mark: must be a number, or number/mask"],
  [{ mark: "4294967296" }, "mark: must be below 4294967296"],
  [{ mark: "0/0" }, "mark: must not be 0/0"],
  [{ templates: Array(7).fill(tunnel) }, "templates: must be at most 6"],
  [
    { templates: [{ ...tunnel, level: "use" }] },
    "templates.0.level: must be required in mode tunnel with direction out",
  ],
  [{ templates: [six] }, "templates.0: must be of the packets' IP version in mode transport"],
  [{ templates: [{ ...tunnel, ...six }, { source: "10.0.0.1" }] }, "templates.1: must be of the packets' IP version"],
  [{ templates: [{ ...tunnel, source: "::1" }] }, "templates.0.destination: must be of the same IP version as source"],
  [{ templates: [{ spi: "x" }] }, "templates.0.spi: must be a number, such as 257 or 0x101"],
])("wrong inputs are refused at preview: %j", (values, reason) => {
  const { failures } = check(kind, { direction: "out", owner: "a/b/c", ...values });
  expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
});
