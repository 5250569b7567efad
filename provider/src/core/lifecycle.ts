import { LocalnetError, undefinedWithoutNetns } from "../errors";
import { type Host, type HostSettings, openHost } from "../host";
import { requireTools } from "../host/requirements";
import { check, hasUnknown, type Values } from "./check";
import { describe, differences, observedInputs, partialInputs, toPlainJson } from "./compare";
import type { AnyKind } from "./kind";
import { claim, eraseClaim, type Place, readClaim } from "./ledger";

export { check } from "./check";

/** An operation that failed after it changed something: what is there now, for the state to tell the truth. */
export class PartialError extends Error {
  constructor(
    readonly id: string,
    readonly properties: Values,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

type Observed = Values & { owner?: string | null; alien?: boolean };

export function diff(kind: AnyKind, olds: Values, news: Values): { changes: boolean; replaces: string[] } {
  const found = differences(kind.args, news, olds);
  return { changes: found.length > 0, replaces: found.filter(({ replace }) => replace).map(({ path }) => path) };
}

export async function create(
  kind: AnyKind,
  inputs: Values,
  settings: HostSettings,
): Promise<{ id: string; outputs: Values }> {
  const args = parsed(kind, inputs);
  const id = kind.id(args);
  return about(kind, id, "create", async () => {
    const host = await open(kind, args, settings);
    const place = placeOf(kind, id, args);
    const seen = await observeOwned(kind, host, args);
    if (seen) requireAdoptable(kind, args, seen);
    if (!kind.unmarked) return { id, outputs: await converge(kind, host, id, args, seen) };

    const { owner } = await claim(host, place, args.owner as string);
    if (owner !== args.owner) throw exists(args, { owner });
    try {
      return { id, outputs: await converge(kind, host, id, args, seen) };
    } catch (error) {
      // Only what is known not to be there is not ours.
      const left = await observe(kind, host, args).catch(() => error);
      if (left === undefined) await eraseClaim(host, place);
      throw error;
    }
  });
}

export async function update(
  kind: AnyKind,
  id: string,
  olds: Values,
  news: Values,
  settings: HostSettings,
): Promise<Values> {
  const args = parsed(kind, news);
  return about(kind, id, "update", async () => {
    const host = await open(kind, args, settings);
    // A resource, or stack, that was renamed has the mark of its former name, or since an update that died its new one.
    const former = { ...args, imported: olds.imported, owner: (olds.owner ?? args.owner) as string };
    const renamed = former.owner !== args.owner;
    let seen = await observeOwned(kind, host, former, olds);
    if (renamed && (!seen || isForeign(former, seen))) seen = await observeOwned(kind, host, args, olds);
    if (seen && isForeign(former, seen) && isForeign(args, seen)) throw exists(args, seen);
    if (kind.unmarked && (olds.imported || renamed)) {
      const { owner } = await claim(host, placeOf(kind, id, args), args.owner as string, former.owner);
      if (owner !== args.owner) throw exists(args, { owner });
    }
    return converge(kind, host, id, args, seen, olds);
  });
}

/** What is there now; undefined when our object is gone. The inputs are what was asked for, as it is now. */
export async function read(
  kind: AnyKind,
  id: string,
  recorded: Values,
  settings: HostSettings,
  asked: Values = recorded,
): Promise<{ id: string; inputs: Values; outputs: Values } | undefined> {
  return about(kind, id, "read", async () => {
    const host = await open(kind, recorded, settings);
    const seen = await observeOwned(kind, host, recorded, recorded);
    // The state forgets what is gone, so what it left behind goes now or never.
    if (!seen) await discard(kind, host, id, recorded);
    if (!seen || isForeign(recorded, seen)) return undefined;
    const { imported } = recorded;
    const outputs = toPlainJson({
      ...observedInputs(kind.args, recorded, seen),
      ...outputsOf(kind, recorded, seen),
      imported,
    });
    return { id, inputs: toPlainJson(observedInputs(kind.args, asked, seen)), outputs };
  });
}

/** Removes what is ours. That it is gone already, or that another's stands in its place, is success. */
export async function remove(kind: AnyKind, id: string, recorded: Values, settings: HostSettings): Promise<void> {
  return about(kind, id, "delete", async () => {
    const host = await open(kind, recorded, settings);
    const seen = await observeOwned(kind, host, recorded, recorded);
    if (seen && !isForeign(recorded, seen)) {
      let failed: unknown;
      await kind.remove(host, recorded, seen).catch((error) => {
        failed = error;
      });
      // Where nothing is owned, nothing goes: a setting keeps existing.
      const look = seen.owner !== undefined || failed !== undefined;
      const after = look ? await observeOwned(kind, host, recorded, recorded) : undefined;
      // What it was in may have gone at the same time, and it with that.
      if (after && !isForeign(recorded, after))
        throw failed ?? new LocalnetError("LN_VERIFY", "it is still there after it was removed");
    }
    await discard(kind, host, id, recorded, seen);
  });
}

/** What there still is of an object that is gone. */
async function discard(kind: AnyKind, host: Host, id: string, recorded: Values, seen?: Observed): Promise<void> {
  if (kind.unmarked && !(seen && isForeign(recorded, seen))) await release(kind, host, id, recorded);
  await kind.tidy?.(host, recorded, seen);
}

/** Ensure and verify, for a create and an update alike, and after a crash in either. */
async function converge(
  kind: AnyKind,
  host: Host,
  id: string,
  args: Values,
  seen: Observed | undefined,
  recorded?: Values,
): Promise<Values> {
  let known: Values = { ...recorded };
  let ensured = false;
  try {
    const told = await kind.ensure(host, args, seen, recorded);
    known = { ...known, ...told?.known };
    ensured = true;
    const after: Observed | undefined = told?.seen ?? (await observe(kind, host, args, known));
    if (!after) throw new LocalnetError("LN_VERIFY", "it is not there after all commands succeeded");
    const wrong = differences(kind.args, args, observedInputs(kind.args, args, after));
    if (wrong.length) throw new LocalnetError("LN_VERIFY", wrong.map(describe).join("; "));
    return toPlainJson({ ...args, ...outputsOf(kind, known, after) });
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    const now = await observe(kind, host, args, known).catch(() => undefined);
    if (!now || !isOurs(args, now, ensured)) throw cause;
    const inputs = recorded ? partialInputs(kind.args, recorded, args, now) : observedInputs(kind.args, args, now);
    throw new PartialError(id, toPlainJson({ ...inputs, ...outputsOf(kind, known, now) }), cause);
  }
}

/** Gives up the claim on an object; on one that was imported there may be none of ours. */
async function release(kind: AnyKind, host: Host, id: string, recorded: Values): Promise<void> {
  const place = placeOf(kind, id, recorded);
  const entry = recorded.imported ? await readClaim(host, place) : undefined;
  if (!entry || entry.owner === recorded.owner) await eraseClaim(host, place);
}

function observe(kind: AnyKind, host: Host, args: Values, recorded?: Values): Promise<Observed | undefined> {
  return undefinedWithoutNetns<Observed | undefined>(() => kind.observe(host, args, recorded));
}

/** The same, and whose it is where only the ledger tells. Without an entry it is as recorded; what was imported is nobody's. */
export async function observeOwned(
  kind: AnyKind,
  host: Host,
  args: Values,
  recorded?: Values,
): Promise<Observed | undefined> {
  const seen = await observe(kind, host, args, recorded);
  if (seen?.owner !== null) return seen;
  const entry = await readClaim(host, placeOf(kind, kind.id(args), args));
  return { ...seen, owner: entry?.owner ?? (recorded && !recorded.imported ? null : "") };
}

/** May create go on with an object that is there already? */
function requireAdoptable(kind: AnyKind, args: Values, seen: Observed): void {
  if (seen.owner === undefined || seen.owner === args.owner) return;
  if (!args.adopt || seen.alien) throw exists(args, seen);
  const wrong = differences(kind.args, args, observedInputs(kind.args, args, seen));
  if (wrong.length) {
    const hint = "change the object or the program so that they agree";
    throw new LocalnetError("LN_ADOPT", `it is not what is asked for: ${wrong.map(describe).join("; ")}`, { hint });
  }
}

export function isForeign(args: Values, { owner }: Observed): boolean {
  return typeof owner === "string" && owner !== args.owner && !(args.imported && owner === "");
}

/** After a failure: is what is there ours? Without a mark it is claimed; where nothing is owned, it is if we changed it. */
function isOurs(args: Values, { owner }: Observed, ensured: boolean): boolean {
  if (typeof owner === "string") return owner === args.owner;
  return owner === null || ensured;
}

function exists(args: Values, { owner, alien }: Pick<Observed, "owner" | "alien">): LocalnetError {
  const whose = owner ? `belongs to ${owner}` : "is not ours";
  const hint = alien ? "choose another name" : "delete it, choose another name, or set adopt: true";
  return new LocalnetError("LN_EXISTS", `it exists already and ${whose} (we are ${args.owner})`, { hint });
}

/** Where the ledger has it. */
function placeOf(kind: AnyKind, id: string, args: Values): Place {
  const netns = kind.namespace ? kind.namespace(args) : (args.netns as string | undefined);
  return { netns, what: `${kind.type} ${id}` };
}

export function outputsOf(kind: AnyKind, recorded: Values, seen: Values): Values {
  const keys = Object.keys(kind.outputs.shape);
  return toPlainJson(Object.fromEntries(keys.map((key) => [key, key in seen ? seen[key] : recorded[key]])));
}

function parsed(kind: AnyKind, inputs: Values): Values {
  const { inputs: args, failures } = check(kind, inputs);
  // A preview's check lets pass, unchecked, what holds one.
  if (hasUnknown(args)) failures.push({ property: "", reason: "a value is still unknown" });
  if (failures.length) {
    const error = new LocalnetError("LN_INPUT", failures.map(({ reason }) => reason).join("; "));
    throw error.about({ kind: kind.type, id: String(inputs.owner), op: "check" });
  }
  return args;
}

export async function open(kind: AnyKind, args: Values, settings: HostSettings): Promise<Host> {
  const host = openHost(args.host as string | undefined, settings);
  await requireTools(host, kind.needs);
  return host;
}

/** Adds to an error which resource and operation it belongs to. */
export async function about<T>(kind: AnyKind, id: string, op: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const subject = { kind: kind.type, id, op };
    if (error instanceof PartialError)
      throw new PartialError(error.id, error.properties, withSubject(error.cause, subject));
    throw withSubject(error, subject);
  }
}

function withSubject(error: unknown, subject: { kind: string; id: string; op: string }): Error {
  if (error instanceof LocalnetError) return error.about(subject);
  return new Error(
    `${subject.kind} ${subject.id}: ${subject.op}: ${error instanceof Error ? error.stack : String(error)}`,
  );
}
