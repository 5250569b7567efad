import { markOf, ownerIn } from "../../core/mark";
import { stackOf } from "../../core/ownership";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pause } from "../../host/interrupt";
import type { Chain } from "../../tools/iptables/backend";
import { changeChain, deleteRules, insertRule, optionsOf, type Rule, readChain } from "../../tools/iptables/iptables";

/** The inputs that decide where a rule is. */
export interface Placing {
  readonly owner: string;
  readonly position: "append" | "insert";
  readonly priority?: number | undefined;
  readonly comment?: string | undefined;
}

/**
 * The comment of a rule: the user's comment, the mark, and after "#" the priority, which shows the position to the other
 * rules of the program.
 */
export function commentOf({ comment, owner, priority }: Placing): string {
  return [comment, `${markOf(owner)}${priority === undefined ? "" : `#${priority}`}`].filter(Boolean).join(" ");
}

export function isOurs(rule: Rule, owner: string): boolean {
  return markIn(rule)?.mark === markOf(owner);
}

/** The inputs in the comment of a rule: the inverse of `commentOf`. */
export function commentIn(rule: Rule): Pick<Placing, "comment" | "priority"> {
  const comment = textOf(rule)?.replace(/ ?localnet:[^ ]+$/, "") || undefined;
  return { comment, priority: markIn(rule)?.priority };
}

/** The owner of a rule; "": it has no mark of this package. */
export function ownerOf(rule: Rule, owner: string): string {
  const mark = markIn(rule)?.mark;
  return mark === undefined ? "" : ownerIn(mark, owner);
}

export function textOf({ words }: Rule): string | undefined {
  const option = words.indexOf("--comment");
  return option < 0 ? undefined : words[option + 1];
}

export function markIn(rule: Rule) {
  const [, mark, priority] = /(?:^| )(localnet:[^ #]+)(?:#(\d+))?$/.exec(textOf(rule) ?? "") ?? [];
  return mark === undefined ? undefined : { mark, priority: priority === undefined ? undefined : Number(priority) };
}

/** The priority of a rule of the same program as the mark; undefined: it has none, or is another's. */
export function priorityIn(rule: Rule, ourMark: string): number | undefined {
  const { mark = "", priority } = markIn(rule) ?? {};
  return stackOf(mark) === stackOf(ourMark) ? priority : undefined;
}

/** The priorities of the other rules of the same program; undefined for all other rules. */
function priorities(rules: readonly Rule[], owner: string): (number | undefined)[] {
  const ourMark = markOf(owner);
  return rules.map((rule) => (markIn(rule)?.mark === ourMark ? undefined : priorityIn(rule, ourMark)));
}

/**
 * Is our rule after one that it should precede? Only this one of the two counts as misplaced, because one of them has to
 * move.
 */
export function isBehind(rules: readonly Rule[], rule: Rule, { owner, priority }: Placing): boolean {
  if (priority === undefined) return false;
  return priorities(rules.slice(0, rules.indexOf(rule)), owner).some(
    (other) => other !== undefined && other > priority,
  );
}

/**
 * Positions among the program's other rules: the first with a higher priority number, the last with a lower one, and the
 * last with one that is not higher. -1: none.
 */
function bounds(rules: readonly Rule[], { owner, priority }: Placing) {
  const others = priorities(rules, owner);
  const holds = (test: (other: number, ours: number) => boolean) => (other: number | undefined) =>
    other !== undefined && priority !== undefined && test(other, priority);
  return {
    above: others.findIndex(holds((other, ours) => other > ours)),
    below: others.findLastIndex(holds((other, ours) => other < ours)),
    notAbove: others.findLastIndex(holds((other, ours) => other <= ours)),
  };
}

/**
 * The position for a rule, from 1: that of the first replaced rule if it is in order there. Undefined: the beginning or the
 * end of the chain.
 */
export function placeFor(rules: readonly Rule[], replaced: readonly Rule[], placing: Placing): number | undefined {
  const stands = rules.findIndex((rule) => replaced.includes(rule));
  const { above, below, notAbove } = bounds(rules, placing);
  if (stands >= 0 && stands > below && (above < 0 || stands < above)) return stands + 1;
  if (above >= 0) return above + 1;
  return notAbove < 0 ? undefined : notAbove + 2;
}

/** Is a rule in its place, given the other rules and how many of them precede it? */
function isRight(rest: readonly Rule[], before: number, replaced: readonly Rule[], placing: Placing): boolean {
  const place = placeFor(rest, replaced, placing);
  if (place === undefined || place === before + 1) return true;
  if (replaced.includes(rest[place - 1] as Rule)) return false;
  const { above, below } = bounds(rest, placing);
  return below < before && (above < 0 || above >= before);
}

/** Seconds to try again if another program changes the chain between reading and inserting. */
const patienceSeconds = 20;

/**
 * Inserts a rule in its place, then deletes those that it replaces: ours, and an adopted one. A place can only be given as a
 * number, so the result is read back. If the place is wrong, the new rule is deleted and the old ones stay.
 */
export async function placeRule(
  host: Host,
  chain: Chain,
  placing: Placing,
  words: readonly string[],
  known?: readonly Rule[],
  adopted?: string,
): Promise<void> {
  const replacedIn = (rules: readonly Rule[]) => {
    const taken = rules.find((rule) => rule.text === adopted);
    return rules.filter((rule) => rule === taken || isOurs(rule, placing.owner));
  };
  const deadline = Date.now() + patienceSeconds * 1000;
  for (let attempt = 0; Date.now() < deadline; attempt++) {
    // Random pauses, so that two processes do not block each other forever.
    if (attempt > 0) await pause(Math.random() * 50);
    const rules = (attempt === 0 ? known : undefined) ?? (await readChain(host, chain)).rules;
    const replaced = replacedIn(rules);
    const place = placeFor(rules, replaced, placing);
    const standing = place === undefined ? undefined : rules[place - 1];
    const twins = replaced.filter((rule) => rule !== standing && textOf(rule) === commentOf(placing));
    if (twins.length > 0) {
      // Of identical rules only the first can be deleted, which would be the new one.
      await deleteRules(host, chain, twins);
      continue;
    }
    if (place === undefined) await changeChain(host, chain, placing.position === "insert" ? "-I" : "-A", ...words);
    else if (!(await insertRule(host, chain, place, words))) continue;
    if (place === undefined && placing.priority === undefined) return;
    const after = (await readChain(host, chain)).rules;
    const ours = after.filter((rule) => isOurs(rule, placing.owner));
    const made = ours.find(({ text }) => replaced.every((rule) => rule.text !== text)) ?? ours[0];
    if (!made) continue;
    const rest = after.filter((rule) => rule !== made);
    if (isRight(rest, after.indexOf(made), replacedIn(rest), placing)) return deleteRules(host, chain, replaced);
    await deleteRules(host, chain, [made]);
  }
  throw new LocalnetError("LN_VERIFY", "other programs change the chain faster than the rule can be put in its place");
}

/** The text of the first unmarked rule that equals ours except for the comment, which may be adopted. */
export async function adoptable(
  host: Host,
  chain: Chain,
  { owner }: Placing,
  words: readonly string[],
): Promise<string | undefined> {
  const target = optionsOf(words).get("-j");
  const isCandidate = (rule: Rule) => !markIn(rule) && optionsOf(rule.words).get("-j") === target;
  let { rules } = await readChain(host, chain);
  if (!rules.some(isCandidate)) return undefined;
  let last = rules.findIndex((rule) => isOurs(rule, owner)) + 1;
  if (last === 0) {
    // To learn how iptables prints our rule, add it at the end, where an identical one would precede it, and read it.
    await changeChain(host, chain, "-A", ...words);
    ({ rules } = await readChain(host, chain));
    last = rules.findLastIndex((rule) => isOurs(rule, owner));
    await deleteRules(host, chain, rules.slice(last, last + 1));
  }
  // After a crash ours may exist already: then the rule that it was to replace precedes it, or is the next.
  const ours = rules.find((rule) => isOurs(rule, owner));
  return ours && rules.slice(0, last + 1).find((rule) => isCandidate(rule) && sameButComment(rule, ours))?.text;
}

function sameButComment(one: Rule, other: Rule): boolean {
  const [left, right] = [withoutComment(one), withoutComment(other)];
  const options = (words: readonly string[]) => [...optionsOf(words)].filter(([name]) => name !== "-m").sort();
  return left.length === right.length && JSON.stringify(options(left)) === JSON.stringify(options(right));
}

function withoutComment({ words }: Rule): string[] {
  const option = words.indexOf("--comment");
  return option < 0 ? words : [...words.slice(0, option - 2), ...words.slice(option + 2)];
}
