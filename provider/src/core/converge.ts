import { LocalnetError } from "../errors";
import type { Host } from "../host";
import type { Values } from "./check";
import { describe, differences, observedInputs, partialInputs, toJsonValues } from "./compare";
import type { AnyKind, Observed } from "./kind";
import { isOurs, isOursAfterFailure, observe } from "./ownership";
import { remaining, withUnset } from "./unset";

/** An operation that failed after it changed something. It carries what exists now, so that the state is correct. */
export class PartialError extends Error {
  constructor(
    readonly id: string,
    readonly properties: Values,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** Ensures and verifies: for a create, an update, and after a crash in either. */
export async function converge(
  kind: AnyKind,
  host: Host,
  id: string,
  args: Values,
  observed: Observed | undefined,
  recorded?: Values,
): Promise<Values> {
  // A run that died before it recorded the object may have set all of its inputs.
  const before = recorded ?? (observed && isOurs(args, observed) ? requestedInputs(kind, args, observed) : undefined);
  // A new object has the kernel's own values: nothing has to be unset.
  const wanted = observed ? withUnset(kind.args, args, before, observed) : args;
  let known: Values = { ...recorded };
  let changed = false;
  try {
    const made = await kind.ensure(host, wanted, observed, recorded ?? before);
    known = { ...known, ...made?.outputs };
    changed = true;
    const after: Observed | undefined = made?.observed ?? (await observe(kind, host, args, known));
    if (!after) throw new LocalnetError("LN_VERIFY", "it is not there after all commands succeeded");
    const wrong = [
      ...differences(kind.args, wanted, observedInputs(kind.args, wanted, after.inputs)),
      ...remaining(kind.args, wanted, before ?? {}, after.inputs),
    ];
    if (wrong.length) throw new LocalnetError("LN_VERIFY", wrong.map(describe).join("; "));
    return toJsonValues({ ...args, ...outputsOf(kind, known, after) });
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    const now = await observe(kind, host, args, known).catch(() => undefined);
    // The object is gone. After an ordinary error the state would be as recorded, and the next update would find no
    // difference.
    if (!now && recorded) throw new PartialError(id, toJsonValues(recorded), cause);
    if (!now || !isOursAfterFailure(args, now, changed)) throw cause;
    const inputs = recorded
      ? partialInputs(kind.args, recorded, args, now.inputs)
      : observedInputs(kind.args, { ...before, ...args }, now.inputs);
    throw new PartialError(id, toJsonValues({ ...inputs, ...outputsOf(kind, known, now) }), cause);
  }
}

export function outputsOf(kind: AnyKind, recorded: Values, { outputs }: Observed): Values {
  const keys = Object.keys(kind.outputs.shape);
  return toJsonValues(
    Object.fromEntries(keys.map((key) => [key, key in outputs ? (outputs as Values)[key] : recorded[key]])),
  );
}

/** Did a run that died make it with inputs that only a replacement can change? */
export function isOutdated(kind: AnyKind, args: Values, observed: Observed): boolean {
  if (!isOurs(args, observed)) return false;
  const before = requestedInputs(kind, args, observed);
  return differences(kind.args, withUnset(kind.args, args, before, observed), before).some(
    ({ path, replace }) => replace && path in observed.inputs,
  );
}

/** The inputs that were asked for, as far as the object shows them. */
export function requestedInputs(kind: AnyKind, args: Values, observed: Observed): Values {
  return { ...args, ...(kind.imports?.inputs?.(args, observed) ?? observed.inputs) };
}
