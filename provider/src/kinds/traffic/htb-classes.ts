import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { integer } from "../../schema/fields";
import type { TcClass } from "../../tools/tc";

const most = 1_000_000_000;
const rate = integer(1, most)
  // tc prints no more digits of larger rates.
  .refine((kbit) => kbit < 1_000_000 || kbit % 1000 === 0, "must be a multiple of 1000 from 1000000 on");

export const classid = z
  .string()
  .regex(/^[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}$/, "must be two hexadecimal numbers of 1 to 4 digits, such as 1:10")
  .transform((text) => text.replace(/[^:]+/g, (part) => Number.parseInt(part, 16).toString(16)))
  .refine((text) => !/^0:|:0$/.test(text), "must not have 0 in it");

const htbClass = z.strictObject({
  /** Its number, such as `1:10`; before the colon is the number of the queueing discipline. */
  classid,
  /** The class in this list that it borrows from. Default: none, it is a top class. */
  parent: classid.optional(),
  /** Guaranteed rate in kilobits (1000 bits) per second. */
  rateKbit: rate,
  /** Highest rate in kilobits per second, if other classes leave some unused. Default: `rateKbit`. */
  ceilKbit: rate.optional(),
  /** Order in which classes get unused rate; 0 is first. Only for classes without classes below them. */
  priority: integer(0, 7).default(0),
});
type HtbClass = z.output<typeof htbClass>;

function truncated({ classid, parent, rateKbit, ceilKbit = rateKbit, priority }: HtbClass): HtbClass {
  return { classid, ...(parent !== undefined && { parent }), rateKbit, ceilKbit, priority };
}

/** The classes of an htb, in the order of their numbers. */
export const htbClasses = z
  .array(htbClass)
  .superRefine((list, { addIssue }) => {
    const issue = (message: string) => addIssue({ code: "custom", message });
    const ids = list.map(({ classid }) => classid);
    if (new Set(ids).size < ids.length) return issue("must not name a class twice");
    const lost = list.find(({ parent }) => parent !== undefined && !ids.includes(parent));
    if (lost) return issue(`must have the parent ${lost.parent} of ${lost.classid}`);
    if (inOrder(list).length < list.length) return issue("must not have a class above itself");
    if (list.some(({ rateKbit, ceilKbit = rateKbit }) => ceilKbit < rateKbit))
      return issue("must not have a ceilKbit below the rateKbit");
    if (list.some(({ classid, priority }) => priority > 0 && list.some(({ parent }) => parent === classid)))
      issue("must not have a priority for a class with classes below it");
  })
  .overwrite((list) => sorted(list.map(truncated)));

export function sorted<T extends { readonly classid: string }>(list: readonly T[]): T[] {
  const minor = ({ classid }: T) => Number.parseInt(classid.split(":")[1] ?? "", 16);
  return [...list].sort((a, b) => minor(a) - minor(b));
}

/** Parent classes before their children; classes in a cycle are left out. */
function inOrder<T extends { readonly classid: string; readonly parent?: string | undefined }>(
  list: readonly T[],
): T[] {
  const result: T[] = [];
  for (let left = [...list]; left.length > 0; ) {
    const next = left.filter(({ parent }) => parent === undefined || result.some(({ classid }) => classid === parent));
    if (next.length === 0) break;
    result.push(...next);
    left = left.filter((each) => !next.includes(each));
  }
  return result;
}

/** The commands for the changes. A class with a new parent is deleted with those below it, and made again. */
export function classCommands(
  device: string,
  handle: string,
  wanted: readonly HtbClass[],
  existing: readonly TcClass[],
): string[][] {
  const goes = new Set<string>();
  for (const { classid, parent } of inOrder(existing)) {
    const same = wanted.find((each) => each.classid === classid);
    if (!same || same.parent !== parent || (parent && goes.has(parent))) goes.add(classid);
  }
  const left = existing.filter(({ classid }) => !goes.has(classid));
  const words = (verb: string, { classid, parent = handle, rateKbit, ceilKbit = rateKbit, priority }: HtbClass) => [
    ...["class", verb, "dev", device, "parent", parent, "classid", classid, "htb"],
    ...["rate", `${rateKbit}kbit`, "ceil", `${ceilKbit}kbit`, "prio", String(priority)],
  ];
  const removed = inOrder(existing)
    .filter(({ classid }) => goes.has(classid))
    .reverse();
  const made = inOrder(wanted).flatMap((each) => {
    const now = left.find(({ classid }) => classid === each.classid);
    if (now && isDeepStrictEqual({ ...now }, { ...each })) return [];
    return [words(now ? "change" : "add", each)];
  });
  return [...removed.map(({ classid }) => ["class", "del", "dev", device, "classid", classid]), ...made];
}
