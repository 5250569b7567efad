import type { Values } from "../../../provider/src/core/check";
import { route as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { expected, plumb, readRoute } from "../support/routes";

const segments = ["fc00::1", "fc00::2"];

contract("with an encapsulation, and of protocol static", (world) => {
  const netns = world.netns("a");
  const destination = "2001:db8:95::/48";
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-6", "route", ...args);
  const encapsulated = (what: string, encapsulation: Values) => ({ what, change: { encapsulation } });
  const local = (action: string, more: Values = {}) => ({ type: "seg6local", action, ...more });
  const encapWords = ["encap", "seg6", "mode", "encap", "segs", "fc00::1,fc00::2", "dev", "d0"];
  return {
    kind,
    inputs: { destination, netns, device: "d0", encapsulation: { type: "seg6", segments }, protocol: "static" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-6", destination),
    expected,
    updates: [
      encapsulated("one segment", { type: "seg6", mode: "encap", segments: ["fc00::7"] }),
      encapsulated("inline", { type: "seg6", mode: "inline", segments }),
      encapsulated("l2encap", { type: "seg6", mode: "l2encap", segments }),
      encapsulated("the end of a segment", local("End")),
      encapsulated("to a next hop", local("End.X", { nh6: "fe80::9" })),
      encapsulated("IPv4 to a next hop", local("End.DX4", { nh4: "10.0.0.9" })),
      encapsulated("frames to a link", local("End.DX2", { oif: "d1" })),
      encapsulated("to a table", local("End.DT6", { table: 300 })),
      encapsulated("with other segments", local("End.B6", { segments })),
      encapsulated("in a header with other segments", local("End.B6.Encaps", { segments })),
      encapsulated("IPv6 in IPv6", { type: "ip6", id: 30, destination: "2001:db8::7" }),
      encapsulated("all of it", {
        ...{ type: "ip6", id: 31, destination: "2001:db8::8" },
        ...{ source: "2001:db8::1", ttl: 9, tos: 20 },
      }),
      { what: "protocol", change: { protocol: "boot" } },
      { what: "no protocol", change: { protocol: undefined } },
      { what: "a protocol again", change: { protocol: "static" } },
      encapsulated("some of it", { type: "ip6", destination: "2001:db8::8" }),
      { what: "none", change: { encapsulation: undefined } },
      encapsulated("one again", { type: "seg6", segments: ["fc00::7"] }),
    ],
    replaces: {},
    drifts: [
      {
        what: "none",
        input: "encapsulation",
        by: () => ip("replace", destination, "dev", "d0", "proto", "4"),
      },
      {
        what: "other segments",
        input: "encapsulation.segments",
        by: () => ip("replace", destination, ...encapWords, "proto", "4"),
      },
      {
        what: "another protocol",
        input: "protocol",
        by: () => ip("replace", destination, ...encapWords, "proto", "3"),
      },
    ],
    ignores: [],
    vanish: () => ip("del", destination),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", destination, ...encapWords, "proto", "4", "metric", "1024"),
      differ: () => ip("replace", destination, ...encapWords.slice(0, 5), "fc00::9", "dev", "d0", "proto", "4"),
      remove: () => ip("del", destination),
    },
  };
});

contract("with labels of MPLS", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  const via = ["via", "10.0.0.250"];
  return {
    ...{ kind, needs: "mpls" },
    inputs: {
      destination: "10.58.0.0/16",
      netns,
      via: "10.0.0.250",
      encapsulation: { type: "mpls", labels: [100, 3000] },
    },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-4", "10.58.0.0/16"),
    expected,
    updates: [
      { what: "one label", change: { encapsulation: { type: "mpls", labels: [1048575] } } },
      { what: "ttl", change: { encapsulation: { type: "mpls", labels: [100], ttl: 9 } } },
      { what: "no ttl", change: { encapsulation: { type: "mpls", labels: [100] } } },
      {
        what: "IPv4 in IPv4",
        change: { encapsulation: { type: "ip", destination: "10.0.0.7", id: 5, tos: 16, ttl: 3 } },
      },
      { what: "labels again", change: { encapsulation: { type: "mpls", labels: [100, 200, 300], ttl: 9 } } },
      {
        what: "of next hops",
        change: {
          ...{ via: undefined, encapsulation: undefined },
          nextHops: [
            { via: "10.0.0.250", encapsulation: { type: "mpls", labels: [100] } },
            { via: "10.1.0.250", encapsulation: { type: "seg6", segments } },
          ],
        },
      },
    ],
    replaces: {},
    drifts: [
      {
        what: "another label",
        input: "nextHops",
        by: () =>
          ip(
            ...["replace", "10.58.0.0/16", "proto", "157", "nexthop", "encap", "mpls", "101", ...via],
            ...["nexthop", "encap", "seg6", "mode", "encap", "segs", segments.join(","), "via", "10.1.0.250"],
          ),
      },
    ],
    ignores: [],
    vanish: () => ip("del", "10.58.0.0/16"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", "10.58.0.0/16", "encap", "mpls", "100/3000", ...via),
      differ: () => ip("replace", "10.58.0.0/16", "encap", "mpls", "100", ...via),
      remove: () => ip("del", "10.58.0.0/16"),
    },
  };
});
