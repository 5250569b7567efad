import type { Values } from "../../../provider/src/core/check";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift } from "../support/inputs";
import type { World } from "../support/world";

/** Each input with its value, the words that iptables takes for it, and other words that somebody puts in their place. */
type Parts = Readonly<Record<string, readonly [value: unknown, words: string, other: string]>>;

/** A rule with all these inputs, and for each of them a change by hand of it alone. */
function drifting(world: World, fixed: Values, parts: Parts, target: string) {
  const netns = world.netns("a");
  const { table = "filter", chain } = fixed as Record<string, string>;
  const iptables = (...args: string[]) => world.inside(netns, "iptables", "-w", "-t", String(table), ...args);
  const mark = `localnet:${world.owner}`;
  async function ours(): Promise<{ text: string; number: string } | undefined> {
    const lines = (await iptables("-S", String(chain))).split("\n").slice(1);
    const index = lines.findIndex((line) => line.includes(mark));
    return index < 0 ? undefined : { text: lines[index] ?? "", number: String(index + 1) };
  }
  /** Puts another in place of the rule, with our mark. */
  async function replace(input: string): Promise<void> {
    const words = Object.entries(parts)
      .filter(([key]) => key !== "comment")
      .flatMap(([key, [, own, other]]) => (key === input ? other : own).split(" ").filter(Boolean));
    const match = words.filter((_, index) => index < words.indexOf("-j") || !words.includes("-j"));
    const action = words.slice(match.length);
    const text = ["comment" in parts ? (input === "comment" ? "theirs" : parts.comment?.[0]) : "", mark]
      .join(" ")
      .trim();
    const jump = action.length > 0 ? action : ["-j", target];
    await iptables(
      "-R",
      String(chain),
      (await ours())?.number ?? "",
      ...match,
      "-m",
      "comment",
      "--comment",
      text,
      ...jump,
    );
  }
  const values = Object.fromEntries(Object.entries(parts).map(([input, [value]]) => [input, value]));
  let written: string | undefined;

  return {
    kind,
    local: true,
    inputs: { ...fixed, ...values, netns, target },
    async look(): Promise<Values | undefined> {
      const rule = await ours();
      written ??= rule?.text;
      return rule && { text: rule.text };
    },
    expected: () => ({ text: written }),
    updates: [],
    replaces: {},
    drifts: [
      ...Object.keys(parts).map((input) => ({ what: input, input, by: () => replace(input) })),
      {
        what: "target",
        input: "target",
        by: async () =>
          iptables(
            "-R",
            String(chain),
            (await ours())?.number ?? "",
            "-m",
            "comment",
            "--comment",
            mark,
            "-j",
            "RETURN",
          ),
      },
    ],
    ignores: [],
    vanish: { none: "see the cases of the rules" },
    parent: { none: "see the cases of the rules" },
    foreign: { none: "see the cases of the rules" },
  } as const;
}

contract("drift of every match, in the spellings of iptables", (world) =>
  drifting(
    world,
    { chain: "FORWARD" },
    {
      inInterface: ["cni0", "-i cni0", "-i cni1"],
      outInterface: ["! veth+", "! -o veth+", "-o veth+"],
      source: ["10.9.0.9/24", "-s 10.9.0.0/24", "-s 10.9.0.0/25"],
      destination: ["10.0.0.2", "-d 10.0.0.2", ""],
      protocol: ["tcp", "-p tcp", "-p udp"],
      sourcePorts: ["1024:2048", "--sport 1024:2048", "--sport 1024"],
      destinationPorts: ["443,80", "-m multiport --dports 443,80", "-m multiport --dports 443"],
      ctstate: [["RELATED", "NEW"], "-m conntrack --ctstate RELATED,NEW", "-m conntrack --ctstate NEW"],
      mark: [16, "-m mark --mark 16", "-m mark --mark 17"],
      addressType: [{ source: "LOCAL" }, "-m addrtype --src-type LOCAL", "-m addrtype --dst-type LOCAL"],
      statistic: [
        { every: 3, packet: 1 },
        "-m statistic --mode nth --every 3 --packet 1",
        "-m statistic --mode nth --every 3 --packet 2",
      ],
      physdevIn: ["veth0", "-m physdev --physdev-in veth0", "-m physdev --physdev-in veth9"],
      physdevOut: ["veth1", "-m physdev --physdev-out veth1", ""],
      limit: [
        { rate: "60/minute" },
        "-m limit --limit 60/minute --limit-burst 5",
        "-m limit --limit 60/minute --limit-burst 9",
      ],
      comment: ["what it is for", "", ""],
      logPrefix: ["seen", "-j LOG --log-prefix seen", "-j LOG --log-prefix other"],
    },
    "LOG",
  ),
);

for (const [fixed, input, part, target] of [
  [
    { chain: "FORWARD", protocol: "tcp" },
    "rejectWith",
    ["tcp-reset", "-p tcp -j REJECT --reject-with tcp-reset", "-p tcp -j REJECT"],
    "REJECT",
  ],
  [
    { chain: "POSTROUTING", table: "nat" },
    "toSource",
    ["10.0.0.1", "-j SNAT --to-source 10.0.0.1", "-j SNAT --to-source 10.0.0.2"],
    "SNAT",
  ],
  [
    { chain: "PREROUTING", table: "nat" },
    "toDestination",
    ["10.0.0.1", "-j DNAT --to-destination 10.0.0.1", "-j DNAT --to-destination 10.0.0.2"],
    "DNAT",
  ],
  [
    { chain: "PREROUTING", table: "nat", protocol: "tcp" },
    "toPorts",
    ["8080", "-p tcp -j REDIRECT --to-ports 8080", "-p tcp -j REDIRECT"],
    "REDIRECT",
  ],
  [{ chain: "FORWARD", table: "mangle" }, "setMark", [16, "-j MARK --set-mark 16", "-j MARK --set-mark 17"], "MARK"],
] as const) {
  contract(`drift of ${input}`, (world) => drifting(world, fixed, { [input]: part }, target));
}

contract("drift of matchSet", (world) => {
  const value = { name: "pods", flags: ["src", "dst"] };
  const parts: Parts = { matchSet: [value, "-m set --match-set pods src,dst", "-m set --match-set pods src,src"] };
  const spec = drifting(world, { chain: "FORWARD" }, parts, "ACCEPT");
  const create = () => world.inside(spec.inputs.netns, "ipset", "create", "pods", "hash:ip,port");
  return { ...spec, needs: "ipset", prepare: create };
});

everyDrift(kind, { priority: "the order of several rules, as the tests of order move it by hand" });
