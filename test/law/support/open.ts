import type { Divergence } from "./kernel-state";
import { between, bridgeAt, inN1, macvlanOn, n1, portOf, routeVia, sleeperIn, wideOn } from "./open-programs";
import type { Pair } from "./pair";
import { find, isRef, type Program } from "./program";
import { links, networkOf, type ProgramLink } from "./scene";

/** A divergence that is known, and still there. */
interface Open {
  readonly what: string;
  readonly why: string;
  readonly sort: RegExp;
  /** In which pairs it is this one; in others, a divergence of the same sort is another. */
  readonly when: (pair: Pair, divergence: Divergence) => boolean;
  /** The least that shows it; the tests fail when it shows it no more. */
  readonly pair: Pair;
}

/** What the kernel cannot mark is written down; a process has a log, a namespace may have files. */
const forgotten =
  /"what":"(?!Sysctl|Netns (?!files)|Link|IptablesPolicy|IpvsTimeouts|KernelModule)[A-Z][A-Za-z]+ |\/run\/pulumi-localnet\/\S+\.log|\/etc\/netns\//;

export const open: readonly Open[] = [
  {
    what: "the entry in the ledger, the log and the files of what went by itself and the program gave up then stay",
    why: "a refresh changes nothing, it only forgets; an entry without its object is void",
    sort: /^((kernel|left): left (ledger|file|text)|update: Netns create LN_EXISTS)$/,
    when: ({ byHand, fault, refreshes }, { text }) =>
      ((byHand.length > 0 || (fault !== undefined && refreshes)) && forgotten.test(text)) ||
      // Its link went in a replacement that failed.
      (fault !== undefined && refreshes && text.includes('"what":"Sysctl net/')) ||
      // What is always there goes with its namespace, or its link.
      byHand.some(({ argv }) => argv.slice(0, 3).join(" ") === "ip netns del" && text.endsWith(` in ${argv[3]}`)) ||
      byHand.some(({ argv }) => argv.includes("link") && argv.includes("del") && text.includes(`/${argv.at(-1)}/`)),
    pair: {
      ...{ ...between, byHand: [{ argv: ["ip", "-n", "n1", "-4", "route", "del", "10.8.0.0/16"], on: ["r1"] }] },
      a: [n1, { name: "r1", type: "Route", inputs: { ...inN1, destination: "10.8.0.0/16", type: "blackhole" } }],
      b: [n1],
    },
  },
  {
    what: "the ledger tells of a setting the value before the last, where a refresh found the last one there already",
    why: "what is as it should be is not updated",
    sort: /^kernel: (left|missing) ledger$/,
    when: ({ byHand }, { text }) => byHand.length > 0 && /"what":"(Sysctl|IptablesPolicy) /.test(text),
    pair: {
      byHand: [
        {
          argv: ["nsenter", "--net=/run/netns/n1", "sh", "-c", "echo 1024 > /proc/sys/net/core/somaxconn"],
          on: ["s1"],
        },
      ],
      refreshes: true,
      a: [n1, { name: "s1", type: "Sysctl", inputs: { ...inN1, key: "net/core/somaxconn", value: 128 } }],
      b: [n1, { name: "s1", type: "Sysctl", inputs: { ...inN1, key: "net/core/somaxconn", value: 1024 } }],
    },
  },
  {
    what: "a loopback that was set down by hand keeps its address, where a refresh found it down before the program said so",
    why: "what is as it should be is not updated",
    sort: /^kernel: left (address|the kernel's own route 4) (\(lo\)|on lo)$/,
    when: ({ b, byHand }) => byHand.length > 0 && b.some(({ inputs }) => inputs.loopback === false),
    pair: {
      byHand: [{ argv: ["ip", "-n", "n1", "link", "set", "dev", "lo", "down"], on: ["n1"] }],
      refreshes: true,
      a: [n1],
      b: [{ ...n1, inputs: { loopback: false } }],
    },
  },
  {
    what: "a loopback that is set down keeps the kernel's own route to the network of an address that a resource gave it",
    why: "the kernel takes it away with the address alone",
    sort: /^kernel: left the kernel's own route 4 on lo$/,
    when: ({ b }) =>
      b.some(({ inputs }) => inputs.loopback === false) && b.some(({ inputs }) => inputs.device === "lo"),
    pair: {
      ...between,
      a: [n1, { name: "a1", type: "Address", inputs: { ...inN1, device: "lo", address: "10.78.0.1/16" } }],
      b: [
        { ...n1, inputs: { loopback: false } },
        { name: "a1", type: "Address", inputs: { ...inN1, device: "lo", address: "10.78.0.1/16" } },
      ],
    },
  },
  {
    what: "a link keeps its mtu where that of the link below it is raised",
    why: "the kernel lowers it with the link below and never raises it, and does not tell whether somebody asked for it",
    sort: /^kernel: (link \((macvlan|ipvlan|vlan|vxlan)\) mtu|setting net\/ipv6\/conf\/LINK\/mtu value)$/,
    when: ({ a, b, byHand }) =>
      byHand.some(({ argv }) => argv.includes("mtu")) ||
      b.some(({ name, inputs }) => mtuOf(a, name) !== inputs.mtu && hasAbove(b, name)),
    pair: {
      ...between,
      a: [n1, { name: "b1", type: "Bridge", inputs: { ...inN1 } }, macvlanOn("b1")],
      b: [n1, { name: "b1", type: "Bridge", inputs: { ...inN1, mtu: 9000 } }, macvlanOn("b1")],
    },
  },
  {
    what: "a bridge whose mtu is taken away does not follow ports that come, go or change later",
    why: "a bridge that had an mtu of its own never follows again, and the kernel does not tell which had one",
    sort: /^kernel: (link \(bridge\) mtu|setting net\/ipv6\/conf\/LINK\/mtu value)$/,
    when: ({ a, b }) =>
      b.some(({ name, alias = name, type, inputs }) => type === "Bridge" && !inputs.mtu && mtuOf(a, alias)),
    pair: {
      ...between,
      a: [n1, { name: "b1", type: "Bridge", inputs: { ...inN1, mtu: 1400 } }],
      b: [n1, { name: "b1", type: "Bridge", inputs: { ...inN1 } }, portOf("b1")],
    },
  },
  {
    what: "a link on a bridge has no greater mtu than a port that comes after it",
    why: "the bridge follows its ports, and the kernel lowers what is on it: no kernel can have what the program asks for",
    sort: /^refresh: \w+ refresh mtu$/,
    when: ({ a, b }) =>
      [a, b].some((program) => program.some(({ inputs }) => inputs.mtu !== undefined && isRef(inputs.link))),
    pair: {
      ...between,
      a: [
        n1,
        { name: "b1", type: "Bridge", inputs: { ...inN1 } },
        wideOn("b1"),
        { ...portOf("b1"), dependsOn: ["m1"] },
      ],
      b: [n1],
    },
  },
  {
    what: "what is of IPv6 cannot come in the update that gives up disable_ipv6",
    why: "the engine deletes last, and nobody else may put back what the resource has set until then",
    sort: /^update: \w+ (create|update) LN_\w+ .*disabled on (this|nexthop) device/,
    when: ({ a, b }) =>
      a.some(({ name, type, inputs }) => type === "Sysctl" && /disable_ipv6/.test(`${inputs.key}`) && !find(b, name)),
    pair: {
      ...between,
      a: [n1, { name: "s1", type: "Sysctl", inputs: { ...inN1, key: "net/ipv6/conf/all/disable_ipv6", value: 1 } }],
      b: [n1, { name: "a1", type: "Address", inputs: { ...inN1, device: "lo", address: "fd00:77::1/64" } }],
    },
  },
  {
    what: "IPv6 is not disabled in the update that gives up what has an address of it",
    why: "the engine deletes last, and a program may still have what it has not told of yet",
    sort: /^update: Sysctl (create|update) LN_INPUT/,
    when: ({ a, b }) =>
      links(a).some(({ by, addresses }) => !find(b, by) && addresses.some((each) => each.includes(":"))) &&
      b.some(({ type, inputs }) => type === "Sysctl" && /disable_ipv6/.test(`${inputs.key}`) && inputs.value === 1),
    pair: {
      ...between,
      a: [n1, bridgeAt("b1", "fd00:1::3/64")],
      b: [n1, { name: "s1", type: "Sysctl", inputs: { ...inN1, key: "net/ipv6/conf/all/disable_ipv6", value: 1 } }],
    },
  },
  {
    what: "a link cannot have the UDP port or the VNI of one that the update gives up",
    why: "the engine deletes last",
    sort: /^update: (Vxlan|Wireguard|Fou) (create|update) LN_EXISTS/,
    when: ({ a, b }) => a.some(({ name, type }) => /^(Vxlan|Wireguard|Fou)$/.test(type) && !find(b, name)),
    pair: {
      ...between,
      a: [n1, { name: "vx1", type: "Vxlan", inputs: { ...inN1, vni: 5 } }],
      b: [n1, { name: "vx2", type: "Vxlan", inputs: { ...inN1, vni: 5 } }],
    },
  },
  {
    what: "a link that was up keeps the queue that the kernel gave it then",
    why: "a link that never was up has none, and the kernel does not take it back",
    sort: /^kernel: .*qdisc/,
    when: ({ b }) => b.some(({ inputs }) => inputs.up === false),
    pair: {
      ...between,
      a: [{ name: "ifx1", type: "Ifb", inputs: {} }],
      b: [{ name: "ifx1", type: "Ifb", inputs: { up: false } }],
    },
  },
  {
    what: "a route goes with a link that the program gives up, where another one has the network of its next hop by then",
    why: "the engine deletes last, and asks nothing of the route after that",
    sort: /^(refresh: Route refresh gone|kernel: missing route [46])$/,
    when: ({ a, b }) => links(a).some((link) => !find(b, link.by) && links(b).some((other) => isBeside(link, other))),
    pair: {
      ...between,
      a: [n1, bridgeAt("b1", "10.0.3.4/24"), routeVia("10.0.3.2", "b1")],
      b: [n1, bridgeAt("b9", "10.0.3.4/24"), routeVia("10.0.3.2", "b9")],
    },
  },
  {
    what: "a route by a next hop that two links reach is over the link that came first",
    why: "the kernel takes the first, and does not tell whether somebody asked for it",
    sort: /^kernel: route [46] dev$/,
    when: ({ b }) => links(b).some((link) => links(b).some((other) => other.by !== link.by && isBeside(link, other))),
    pair: {
      ...between,
      a: [n1, bridgeAt("b1", "10.0.3.4/24")],
      b: [
        ...[n1, bridgeAt("b2", "10.0.3.5/24"), { ...bridgeAt("b1", "10.0.3.4/24"), dependsOn: ["b2"] }],
        routeVia("10.0.3.2", "b1"),
      ],
    },
  },
  {
    what: "a namespace with a process that has its name alone is not replaced",
    why: "the engine deletes what is replaced before what depends on it and does not name it",
    sort: /^update: Netns replace LN_BUSY$/,
    when: ({ a, b }) =>
      [a, b].some((program) =>
        program.some(({ type, inputs }) => type === "Process" && typeof inputs.netns === "string"),
      ),
    pair: {
      ...between,
      a: [n1, sleeperIn("n1")],
      b: [{ ...n1, inputs: { name: "n9" } }, sleeperIn("n9")],
    },
  },
];

/** Have they a network in common? */
function isBeside(one: ProgramLink, other: ProgramLink): boolean {
  return (
    one.netns === other.netns &&
    one.addresses.some((each) => other.addresses.some((address) => networkOf(each) === networkOf(address)))
  );
}

function mtuOf(program: Program, resource: string): unknown {
  return find(program, resource)?.inputs.mtu;
}

function hasAbove(program: Program, resource: string): boolean {
  return program.some(({ inputs: { link } }) => isRef(link) && link.ref === resource);
}

export function isOpen(pair: Pair, divergence: Divergence): boolean {
  return open.some(({ sort, when }) => sort.test(divergence.sort) && when(pair, divergence));
}
