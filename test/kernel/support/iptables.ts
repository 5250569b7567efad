import type { Values } from "../../../provider/src/core/check";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import type { Case } from "./case";
import type { World } from "./world";

export type Step = readonly [what: string, change: Values, printed: string];

interface RuleCase {
  readonly iptables: (...args: string[]) => Promise<string>;
  readonly lines: () => Promise<string[]>;
  readonly mark: string;
  readonly spec: Case;
}

/** The case of a rule. Each update has the rule as iptables-save prints it, with "#" for the comment with our mark. */
export function ruleCase(
  world: World,
  first: { readonly inputs: Values; readonly printed: string },
  steps: readonly Step[],
): RuleCase {
  const netns = world.netns("a");
  const { family = "ipv4", table = "filter", chain } = first.inputs as Record<string, string>;
  const command = family === "ipv6" ? "ip6tables" : "iptables";
  const iptables = (...args: string[]) => world.runIn(netns, command, "-w", "-t", String(table), ...args);
  const mark = `localnet:${world.owner}`;
  async function lines(): Promise<string[]> {
    const saved = await world.runIn(netns, `${command}-save`, "-t", String(table));
    return saved.split("\n").filter((line) => line.startsWith(`-A ${chain} `));
  }
  async function number(): Promise<string> {
    return String(1 + (await lines()).findIndex((line) => line.includes(mark)));
  }
  const shown = (printed: string) => ({ rules: [`-A ${chain} ${printed}`] });

  return {
    iptables,
    lines,
    mark,
    spec: {
      kind,
      local: first.inputs.chain !== "FORWARD" || "physdevIn" in first.inputs,
      inputs: { netns, ...first.inputs },
      async actual(): Promise<Values | undefined> {
        const ours = (await lines()).filter((line) => line.includes(mark));
        const rules = ours.map((line) => line.replace(/-m comment --comment ("(?:\\.|[^"])*"|\S+)/, comment));
        return rules.length > 0 ? { rules } : undefined;
      },
      expected: () => shown(first.printed),
      updates: steps.map(([what, change, printed]) => ({ what, change, shows: shown(printed) })),
      replaces: {},
      drifts: [
        {
          what: "its target, by another rule with our mark in its place",
          input: "target",
          by: async () =>
            iptables("-R", String(chain), await number(), "-m", "comment", "--comment", mark, "-j", "RETURN"),
        },
      ],
      ignores: [
        {
          what: "a rule of another program before it",
          by: () => iptables("-I", String(chain), "-p", "tcp", "-j", "ACCEPT"),
        },
      ],
      vanish: async () => iptables("-D", String(chain), await number()),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: { none: "a rule without our mark is another rule" },
    },
  };
}

/** The comment without the mark: "#", or "#text". */
function comment(_: string, text: string): string {
  return `#${text.replace(/^"|"$/g, "").replace(/ ?localnet:\S+$/, "")}`;
}
