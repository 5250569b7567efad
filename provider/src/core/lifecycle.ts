import { LocalnetError } from "../errors";
import { type Host, type HostSettings, openHost } from "../host";
import { isExistsError } from "../host/command-error";
import { requireTools } from "../host/requirements";
import { about } from "./about";
import { check, hasUnknown, type Values } from "./check";
import { cancelCleanUp, pendingCleanUps, runPendingCleanUps, trackRemoval } from "./clean-up";
import { observedInputs, toJsonValues } from "./compare";
import { converge, isOutdated, outputsOf, PartialError, requestedInputs } from "./converge";
import { disturb } from "./disturbance";
import type { AnyKind, Observed } from "./kind";
import {
  claimObject,
  existsError,
  isForeign,
  isOurs,
  observe,
  observeOwned,
  releaseObject,
  requireAdoptable,
} from "./ownership";
import { waitForOthers } from "./wait-for-others";

export { check } from "./check";
export { PartialError } from "./converge";

/** An operation that may have to wait for another one of the same run. */
function withDependencies<T>(kind: AnyKind, id: string, op: string, body: () => Promise<T>): Promise<T> {
  return about(kind, id, op, () => waitForOthers(body));
}

export async function create(
  kind: AnyKind,
  inputs: Values,
  settings: HostSettings,
): Promise<{ id: string; outputs: Values }> {
  const args = parse(kind, inputs);
  const id = kind.id(args);
  return withDependencies(kind, id, "create", async () => {
    const host = await open(kind, args, settings);
    disturb(kind, args, settings);
    await cancelCleanUp(keyOf(kind, id, args, settings));
    const observed = await observeOwned(kind, host, args);
    if (observed) requireAdoptable(kind, args, observed);
    if (!kind.unmarked) return { id, outputs: await make(kind, host, id, args, observed) };

    const wasClaimed = await claimObject(kind, host, args, observed);
    try {
      return { id, outputs: await make(kind, host, id, args, observed, wasClaimed) };
    } catch (error) {
      // Release the claim only if the object certainly does not exist.
      const remaining = await observe(kind, host, args).catch(() => error);
      if (remaining === undefined) await releaseObject(kind, host, args);
      throw error;
    }
  });
}

/**
 * Makes an object, or changes what a killed run made into what is asked for now. A command of that run may end right
 * before ours. What it made is ours: its mark says so, or the entry that the run wrote before.
 */
async function make(
  kind: AnyKind,
  host: Host,
  id: string,
  args: Values,
  observed: Observed | undefined,
  isMarked = true,
): Promise<Values> {
  if (observed && isOutdated(kind, args, observed)) {
    await removeObserved(kind, host, { ...args, ...requestedInputs(kind, args, observed) }, observed);
    return converge(kind, host, id, args, undefined);
  }
  try {
    return await converge(kind, host, id, args, observed);
  } catch (error) {
    if (observed || !isMarked || !isExistsError(error instanceof PartialError ? error.cause : error)) throw error;
    const meanwhile = await observeOwned(kind, host, args);
    if (!meanwhile || !isOurs(args, meanwhile)) throw error;
    return make(kind, host, id, args, meanwhile);
  }
}

export async function update(
  kind: AnyKind,
  id: string,
  olds: Values,
  news: Values,
  settings: HostSettings,
): Promise<Values> {
  const args = parse(kind, news);
  return withDependencies(kind, id, "update", async () => {
    const host = await open(kind, args, settings);
    disturb(kind, args, settings);
    await cancelCleanUp(keyOf(kind, id, args, settings));
    // After a rename of the resource or stack, the object has the mark of the former name, or of the new one if an update died.
    const former = { ...args, imported: olds.imported, owner: (olds.owner ?? args.owner) as string };
    const renamed = former.owner !== args.owner;
    let observed = await observeOwned(kind, host, former, olds);
    if (renamed && (!observed || isForeign(former, observed))) observed = await observeOwned(kind, host, args, olds);
    if (observed && isForeign(former, observed) && isForeign(args, observed)) throw existsError(args, observed);
    // Whoever makes an object, for the first time or again, claims it.
    if (kind.unmarked && (olds.imported || renamed || !observed)) {
      await claimObject(kind, host, args, observed, former.owner);
    }
    return converge(kind, host, id, args, observed, olds);
  });
}

/** Reads the object; undefined: ours is gone. Changes nothing. The inputs are the requested ones with their present values. */
export async function read(
  kind: AnyKind,
  id: string,
  recorded: Values,
  settings: HostSettings,
  requested: Values = recorded,
): Promise<{ id: string; inputs: Values; outputs: Values } | undefined> {
  return about(kind, id, "read", async () => {
    const host = await open(kind, recorded, settings);
    const observed = await observeOwned(kind, host, recorded, recorded);
    const key = keyOf(kind, id, recorded, settings);
    if (!observed || isForeign(recorded, observed)) {
      pendingCleanUps.set(key, () => cleanUp(kind, recorded, settings));
      return undefined;
    }
    pendingCleanUps.delete(key);
    const { imported } = recorded;
    const inputs = observedInputs(kind.args, recorded, observed.inputs);
    const outputs = toJsonValues({ ...inputs, ...outputsOf(kind, recorded, observed), imported });
    return { id, inputs: toJsonValues(observedInputs(kind.args, requested, observed.inputs)), outputs };
  });
}

/** Removes our object. It succeeds too if the object is gone already, or if another owner's has its name. */
export async function remove(kind: AnyKind, id: string, recorded: Values, settings: HostSettings): Promise<void> {
  const removal = () =>
    withDependencies(kind, id, "delete", async () => {
      const host = await open(kind, recorded, settings);
      disturb(kind, recorded, settings);
      const observed = await observeOwned(kind, host, recorded, recorded);
      if (observed && !isForeign(recorded, observed)) await removeObserved(kind, host, recorded, observed);
      await removeRemains(kind, host, recorded, observed);
      await runPendingCleanUps();
    });
  return trackRemoval(keyOf(kind, id, recorded, settings), removal);
}

/** Removes what our object left behind, unless the object exists again. */
async function cleanUp(kind: AnyKind, recorded: Values, settings: HostSettings): Promise<void> {
  const host = await open(kind, recorded, settings);
  const observed = await observeOwned(kind, host, recorded, recorded);
  if (observed && !isForeign(recorded, observed)) return;
  await removeRemains(kind, host, recorded, observed);
}

/** Removes what an object leaves behind: its claim, unless another owner's object has its name, and what the kind keeps beside it. */
async function removeRemains(
  kind: AnyKind,
  host: Host,
  recorded: Values,
  observed: Observed | undefined,
): Promise<void> {
  if (kind.unmarked && !(observed && isForeign(recorded, observed))) await releaseObject(kind, host, recorded);
  await kind.cleanUp?.(host, recorded, observed);
}

function keyOf(kind: AnyKind, id: string, args: Values, settings: HostSettings): string {
  return `${args.host ?? settings.host ?? ""} ${kind.type} ${id}`;
}

async function removeObserved(kind: AnyKind, host: Host, recorded: Values, observed: Observed): Promise<void> {
  let failure: unknown;
  await kind.remove(host, recorded, observed).catch((error) => {
    failure = error;
  });
  // An object that nobody can own, such as a setting, always exists.
  const goes = observed.owner !== undefined || failure !== undefined;
  const after = goes ? await observeOwned(kind, host, recorded, recorded) : undefined;
  // It may have disappeared with what it was in, even if its own removal failed.
  if (after && !isForeign(recorded, after))
    throw failure ?? new LocalnetError("LN_VERIFY", "it is still there after it was removed");
}

function parse(kind: AnyKind, inputs: Values): Values {
  const { inputs: args, failures } = check(kind, inputs);
  // During a preview, `check` lets unknown values pass unchecked.
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
