import { check } from "../../provider/src/core/check";
import { iptablesRule } from "../../provider/src/kinds";
import { isBehind, placeFor } from "../../provider/src/kinds/firewall/iptables-place";
import { parseRules } from "../../provider/src/tools/iptables/iptables";
import { RecordingHost } from "./support/recording";
import { owner, sample } from "./support/samples";

const mark = `localnet:${owner}`;

/** Rules with these comments. "-" is a rule without a comment. */
function chain(...comments: string[]) {
  const line = (text: string) =>
    text === "-" ? "-A FORWARD -j DROP" : `-A FORWARD -m comment --comment "${text}" -j x`;
  return parseRules(comments.map(line).join("\n"));
}
const other = (name: string, program = "project/stack") => `localnet:${program}/${name}`;
const placing = (priority?: number) => ({ owner, position: "append", priority }) as const;

test.each([
  ["an empty chain: its end", 20, [], undefined],
  ["only others: the end", 20, ["-", "x"], undefined],
  ["no priority: the end", undefined, [other("a#10"), other("c#30")], undefined],
  ["right before the first that is higher", 20, ["-", other("a#10"), "-", other("c#30"), other("d#40")], 4],
  ["right behind the last that is lower", 20, ["-", other("a#10"), other("b#15"), "-"], 4],
  ["behind one that is equal", 20, [other("a#20"), "-"], 2],
  [
    "another program's are none of ours",
    20,
    [other("a#30", "project/stack2"), other("b#30", "project2/stack")],
    undefined,
  ],
  ["a comment that looks like a mark is none", 20, [`${other("a#30")} ${other("b")}`, `${other("c#30")} x`], undefined],
  ["a user's own text before the mark", 20, [`my comment ${other("c#30")}`], 1],
  ["among others that are out of order: before the first that is higher", 20, [other("c#30"), other("a#10")], 1],
])("the place of a new rule: %s", (_, priority, comments, place) => {
  expect(placeFor(chain(...comments), [], placing(priority))).toBe(place);
});

test.each([
  ["in order, it stays", 20, [other("a#10"), "-", `${mark}#20`, "-", other("c#30")], 3],
  ["with no priority it stays", undefined, ["-", mark, other("c#30")], 2],
  ["a rule behind it is lower now", 20, [`${mark}#5`, "-", other("a#10"), "-"], 4],
  ["a rule before it is higher now", 20, [other("a#10"), other("c#30"), `${mark}#40`], 2],
  ["of two of ours, the first counts", 20, [`${mark}#20`, "-", mark], 1],
])("the place of a rule that is replaced: %s", (_, priority, comments, place) => {
  const rules = chain(...comments);
  const ours = rules.filter(({ text }) => text.includes(mark));
  expect(placeFor(rules, ours, placing(priority))).toBe(place);
});

test.each([
  ["a higher one before it", [other("c#30"), `${mark}#20`], true],
  ["a lower one behind it, which is late itself", [`${mark}#20`, other("a#10")], false],
  ["one that is equal before it", [other("c#20"), `${mark}#20`], false],
  ["another program's before it", [other("c#30", "p/s"), `${mark}#20`], false],
])("is it after a rule that it should precede: %s", (_, comments, late) => {
  const rules = chain(...comments);
  const rule = rules.find(({ text }) => text.includes(mark));
  if (!rule) throw new Error("no rule of ours");
  expect(isBehind(rules, rule, placing(20))).toBe(late);
});

const [anothers, old, made] = parseRules(
  ["-j DROP", `-m comment --comment "${mark}" -j ACCEPT`, `-m comment --comment "${mark}" -j DROP`]
    .map((words) => `-A FORWARD ${words}`)
    .join("\n"),
);

test("an update inserts the new rule in the place of the old one, reads, and only then deletes the old one", async () => {
  const rules = [anothers, old];
  const lists = [[anothers, made, old]];
  const host = new RecordingHost((argv) =>
    argv.includes("-S")
      ? {
          stdout:
            lists
              .shift()
              ?.map((rule) => rule?.text)
              .join("\n") ?? "",
        }
      : {},
  );
  const { inputs } = check(iptablesRule, sample("IptablesRule", { target: "DROP" }));
  const outputs = { canonical: "x", backend: "nf_tables" };
  const observed = { owner, inputs: {}, outputs, detail: { rules, ours: [old], elsewhere: [] } };
  await iptablesRule.ensure(host, inputs as never, observed as never);
  const iptables = "nsenter --net=/run/netns/foo -- iptables -w 10 -t filter";
  expect(host.lines).toEqual([
    `${iptables} -I FORWARD 2 -m comment --comment ${mark} -j DROP`,
    `${iptables} -S FORWARD`,
    `${iptables} -D FORWARD -m comment --comment ${mark} -j ACCEPT`,
  ]);
});
