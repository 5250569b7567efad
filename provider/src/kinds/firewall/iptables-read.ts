import { LocalnetError } from "../../errors";
import { optionsOf, type Rule } from "../../tools/iptables/iptables";
import { matches } from "./iptables-matches";
import { commentIn } from "./iptables-place";
import { type TargetOption, targetOptions } from "./iptables-targets";

/** The modules whose options the inputs stand for; each protocol has one of its own. */
const modules = ["tcp", "udp", "sctp", "multiport", "conntrack", "mark", "set", "addrtype", "statistic", "physdev"];
const more = ["limit", "comment", "icmp", "icmp6"];

/** What `iptables -S` prints for an option, by which it is set. */
const spelled: Readonly<Record<string, string>> = { "--set-mark": "--set-xmark" };

/** What REJECT answers unless it is told otherwise. */
const rejections = ["icmp-port-unreachable", "icmp6-port-unreachable"];

/** The inputs that a rule is made of, however it came about: the inverse of what is said to iptables. */
export function inputsOf(rule: Rule): Record<string, unknown> {
  const options = optionsOf(rule.words);
  const known = new Set(["-m", "--comment", "-j"]);
  const inputs: Record<string, unknown> = { target: options.get("-j"), ...commentIn(rule) };
  for (const [key, match] of Object.entries(matches)) {
    for (const name of match.options) known.add(name);
    if (match.options.some((name) => options.has(name)))
      inputs[key] = match.read(...match.options.map((name) => options.get(name)));
  }
  for (const key of Object.keys(targetOptions) as TargetOption[]) {
    const name = spelled[targetOptions[key].option] ?? targetOptions[key].option;
    known.add(name);
    const value = options.get(name)?.replace(/\/0xffffffff$/, "");
    if (value !== undefined && !rejections.includes(value)) inputs[key] = value;
  }
  const loaded = (options.get("-m") ?? "").split(",").filter(Boolean);
  const strange = [
    ...[...options.keys()].filter((name) => !known.has(name)),
    ...loaded.filter((name) => ![...modules, ...more].includes(name)).map((name) => `-m ${name}`),
  ];
  if (strange.length === 0) return inputs;
  throw new LocalnetError("LN_INPUT", `there is no input for ${strange.join(", ")} of the rule ${rule.text}`);
}
