import type { Values } from "../../../../provider/src/core/check";
import { netnsName, resourcesIn } from "../scene";
import type { Shape } from "../shapes";
import { hasChains, hasSet, matchSet, ruleAbout } from "./firewall";
import { inPlace } from "./place";

export const iptablesRule: Shape = {
  prefix: "f",
  weight: 5,
  base(scene) {
    const { draw } = scene;
    const to = inPlace(scene);
    const about = draw.chance(30) ? ruleAbout(scene, to) : undefined;
    if (about) return about;
    const [table, chain, target, more = {}] = draw.pick(rules);
    const family = draw.chance(20) ? { family: "ipv6" } : {};
    const six = "family" in family;
    const extra = six && "toDestination" in more ? { toDestination: "[fd00:1::2]:8080" } : more;
    return { ...to, ...family, ...(table !== "filter" && { table }), chain, target, ...extra };
  },
  inputs: {
    source: ({ draw }, { family }) =>
      family === "ipv6" ? "fd00:1::/64" : draw.pick(["10.0.1.0/24", "10.0.2.1", "! 10.0.3.0/24"]),
    destination: ({ draw }, { family }) => (family === "ipv6" ? "fd00:2::1" : draw.pick(["10.0.1.0/24", "10.0.2.1"])),
    protocol: ({ draw }, { target }) =>
      ["DNAT", "REDIRECT"].includes(String(target)) ? "tcp" : draw.pick(["tcp", "udp"]),
    sourcePorts: ({ draw }) => draw.pick([53, "80,443", "1024:2048"]),
    destinationPorts: ({ draw }) => draw.pick([80, "80,443", "8000:8080"]),
    inInterface: ({ draw }, { chain }) =>
      ["PREROUTING", "INPUT", "FORWARD"].includes(String(chain)) ? draw.pick(["eth0", "b1"]) : undefined,
    outInterface: ({ draw }, { chain }) =>
      ["POSTROUTING", "OUTPUT", "FORWARD"].includes(String(chain)) ? draw.pick(["eth0", "! b1"]) : undefined,
    statistic: ({ draw }) => draw.pick([{ probability: 0.5 }, { every: 2 }, { every: 3, packet: 1 }]),
    limit: ({ draw }) => draw.pick([{ rate: "10/second" }, { rate: "5/minute", burst: 7 }]),
    addressType: ({ draw }) => draw.pick([{ source: "LOCAL" }, { destination: "LOCAL" }]),
    toSource: (_scene, { target }) => (target === "SNAT" ? "10.0.1.9" : undefined),
    toDestination: (_scene, { target }) => (target === "DNAT" ? "10.0.2.2:8080" : undefined),
    toPorts: ({ draw }, { target }) => (target === "REDIRECT" ? draw.pick([8080, "8080-8090"]) : undefined),
    setXmark: ({ draw }, { setXmark }) => setXmark && draw.pick(["0x4000/0x0", "0x3/0x1"]),
    setMark: ({ draw }, { target, setXmark }) =>
      target === "MARK" && !setXmark ? draw.pick([1, "0x10/0xff"]) : undefined,
    rejectWith: ({ draw }, { target, family }) =>
      target === "REJECT"
        ? draw.pick(family === "ipv6" ? ["icmp6-no-route"] : ["icmp-host-unreachable", "icmp-port-unreachable"])
        : undefined,
    logPrefix: ({ draw }, { target }) => (target === "LOG" ? draw.pick(["one ", "two"]) : undefined),
    priority: ({ draw }) => draw.int(1, 5),
    mark: ({ draw }) => draw.pick([1, "0x10/0xff", "! 0x2"]),
    ctstate: ({ draw }) => draw.pick([["NEW"], ["ESTABLISHED", "RELATED"], ["! INVALID"]]),
    tcpFlags: ({ draw }, { protocol }) => (protocol === "tcp" ? draw.pick(["syn", "! syn", "SYN,RST SYN"]) : undefined),
    ipRange: ({ draw }, { family }) =>
      family === "ipv6"
        ? undefined
        : draw.pick([{ source: "10.0.1.1-10.0.1.9" }, { destination: "10.0.2.1-10.0.2.2" }]),
    matchSet,
    uidOwner: ({ draw }, { chain }) => (isOutward(chain) ? draw.pick([0, 1000]) : undefined),
    gidOwner: ({ draw }, { chain }) => (isOutward(chain) ? draw.pick([0, 1000]) : undefined),
    comment: ({ draw }) => draw.pick(["one", "two words", 'a "quoted" text']),
  },
  needing: { matchSet: "ipset" },
  fits: (program, { inputs }) => hasChains(program, inputs) && hasSet(program, inputs),
  without: {
    ...unwritten(
      "icmpType",
      "hashlimit",
      "saveMark",
      "restoreMark",
      "nfmask",
      "onPort",
      "onIp",
      "tproxyMark",
      "notrack",
      "zone",
      "clampMssToPmtu",
      "setMss",
      "queueNum",
    ),
    ...unwritten("queueBypass", "gateway", "addSet", "delSet"),
    ...{ physdevIn: "needs br_netfilter", physdevOut: "needs br_netfilter", physdevIsIn: "likewise" },
    ...{
      chain: "goes with the table",
      table: "goes with the chain",
      family: "goes with the addresses",
      target: "goes with the chain",
    },
  },
};

/** Does a chain see packets that this host makes? */
function isOutward(chain: unknown): boolean {
  return ["POSTROUTING", "OUTPUT"].includes(String(chain));
}

/** Inputs whose target, or whose own form, no program has yet. */
function unwritten(...keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, "no program has it yet"]));
}

const rules: readonly (readonly [string, string, string, Values?])[] = [
  ["filter", "INPUT", "ACCEPT"],
  ["filter", "FORWARD", "DROP"],
  ["filter", "FORWARD", "REJECT"],
  ["filter", "OUTPUT", "LOG"],
  ["nat", "POSTROUTING", "MASQUERADE"],
  ["nat", "POSTROUTING", "SNAT", { toSource: "10.0.1.9" }],
  ["nat", "PREROUTING", "DNAT", { toDestination: "10.0.2.2:8080", protocol: "tcp" }],
  ["nat", "PREROUTING", "REDIRECT", { protocol: "tcp", toPorts: 8080 }],
  ["mangle", "PREROUTING", "MARK", { setMark: 7 }],
  ["mangle", "FORWARD", "MARK", { setXmark: "0x4000/0x0" }],
  ["raw", "PREROUTING", "RETURN"],
];

const rulesets = [
  "",
  "chain own {\n\tcounter accept\n}",
  "set s {\n\ttype ipv4_addr\n\telements = { 10.0.1.1, 10.0.1.2 }\n}\nchain in {\n\ttype filter hook input priority 10; policy accept;\n\tip saddr @s tcp dport 9 drop\n}",
];

export const nftTable: Shape = {
  prefix: "m",
  weight: 2,
  base: (scene) => ({
    ...inPlace(scene),
    family: scene.draw.pick(["inet", "ip6"]),
    name: scene.draw.pick(["one", "two"]),
    ruleset: scene.draw.pick(rulesets),
  }),
  inputs: {
    name: ({ draw }) => draw.pick(["one", "two"]),
    family: ({ draw }) => draw.pick(["inet", "ip6"]),
    ruleset: ({ draw }) => draw.pick(rulesets),
  },
  fits(program, { name, inputs }) {
    const others = resourcesIn(program, netnsName(program, inputs.netns), "NftTable").filter(
      (each) => each.name !== name,
    );
    return others.every((each) => each.inputs.name !== inputs.name || each.inputs.family !== inputs.family);
  },
};
