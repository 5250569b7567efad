import type { Values } from "../../../provider/src/core/check";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import type { Case } from "./case";
import type { World } from "./world";

/** Each input with its value, the words that iptables takes for it, and other words for a change by hand. */
export type Parts = Readonly<Record<string, readonly [value: unknown, words: string, other: string]>>;

/** A rule with all these inputs, and for each of them a change of only this input by hand. */
export function drifting(
  world: World,
  fixed: Values,
  parts: Parts,
  target: string,
): Case & { readonly inputs: { readonly netns: string } } {
  const netns = world.netns("a");
  const { table = "filter", chain } = fixed as Record<string, string>;
  const iptables = (...args: string[]) => world.runIn(netns, "iptables", "-w", "-t", String(table), ...args);
  const mark = `localnet:${world.owner}`;
  async function ours(): Promise<{ text: string; number: string } | undefined> {
    const lines = (await iptables("-S", String(chain))).split("\n").slice(1);
    const index = lines.findIndex((line) => line.includes(mark));
    return index < 0 ? undefined : { text: lines[index] ?? "", number: String(index + 1) };
  }
  /** Replaces the rule by another with our mark. */
  async function replace(input: string): Promise<void> {
    const words = Object.entries(parts)
      .filter(([key]) => key !== "comment")
      .flatMap(([key, [, value, other]]) => (key === input ? other : value).split(" ").filter(Boolean));
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
    async actual(): Promise<Values | undefined> {
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
