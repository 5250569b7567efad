import { LocalnetError, undefinedWithoutNetns } from "../errors";
import type { Host, HostSettings } from "../host";
import { about } from "./about";
import { check, type Values } from "./check";
import { pick, toJsonValues } from "./compare";
import { outputsOf } from "./converge";
import type { AnyKind } from "./kind";
import { open } from "./lifecycle";
import { isForeign, observeOwned } from "./ownership";

/** The object with an id, for an owner who takes it over with the first update; undefined: there is none. Changes nothing. */
export async function findImportable(
  kind: AnyKind,
  id: string,
  owner: string,
  settings: HostSettings,
): Promise<{ id: string; inputs: Values; outputs: Values } | undefined> {
  return about(kind, id, "import", async () => {
    const named = identity(kind, id, owner);
    const host = await open(kind, named, settings);
    const args = await located(kind, host, named, id);
    const recorded = args && { ...args, imported: true };
    const observed = args && (await observeOwned(kind, host, args, recorded));
    if (!observed) return undefined;
    if (isForeign({ ...args, imported: true }, observed)) {
      const hint = "import it into the stack that it belongs to, or with the kind that it is of";
      throw new LocalnetError("LN_EXISTS", `it is not free to be imported, but belongs to ${observed.owner}`, { hint });
    }
    const all = { ...args, ...observed.inputs, owner };
    const requested = { ...args, ...(kind.imports?.inputs?.(args, observed) ?? observed.inputs), owner };
    const { inputs, failures } = check(kind, pick(kind.args, requested, requested));
    if (failures.length > 0) {
      const reasons = failures.map(({ reason }) => reason).join("; ");
      throw new LocalnetError("LN_INPUT", `no inputs of a ${kind.type} say what it is: ${reasons}`);
    }
    const outputs = { ...pick(kind.args, all, all), ...inputs, ...outputsOf(kind, args, observed), imported: true };
    return { id: kind.id(inputs), inputs, outputs: toJsonValues(outputs) };
  });
}

/**
 * The object with an id, whoever owns it, for a program that only reads it; undefined: there is none. Changes nothing. The
 * outputs contain what the next read needs.
 */
export async function findExternal(
  kind: AnyKind,
  id: string,
  recorded: Values,
  settings: HostSettings,
): Promise<{ id: string; inputs: Values; outputs: Values } | undefined> {
  return about(kind, id, "read", async () => {
    const { owner, host: url } = recorded;
    const named = { ...identity(kind, id, String(owner)), ...(url !== undefined && { host: url }) };
    const host = await open(kind, named, settings);
    const args = await located(kind, host, named, id);
    const observed = args && (await observeOwned(kind, host, args, { ...args, imported: true }));
    if (!observed) return undefined;
    const all = { ...args, ...observed.inputs, owner };
    const outputs = { ...pick(kind.args, all, all), ...outputsOf(kind, args, observed), __external: true };
    return { id, inputs: {}, outputs: toJsonValues(outputs) };
  });
}

/** The inputs that an id names. They become part of command lines, so all are checked. */
export function identity(kind: AnyKind, id: string, owner: string): Values {
  if (!kind.imports) throw new LocalnetError("LN_INPUT", `a ${kind.type} cannot be imported`);
  const named = kind.imports.parse(id) as Values | undefined;
  const { inputs, failures } = check(kind, { ...named, owner });
  const wrong = failures.filter(({ property }) => named?.[property] !== undefined).map(({ reason }) => reason);
  if (named && wrong.length === 0) return inputs;
  const hint = "docs/reference.md says for every kind how its ids read";
  throw new LocalnetError("LN_INPUT", [`this is not the id of a ${kind.type}`, ...wrong].join("; "), { hint });
}

/** The inputs that identify the object with an id. If there is no object, the namespace may be missing too. */
export async function located(kind: AnyKind, host: Host, args: Values, id: string): Promise<Values | undefined> {
  const { locate } = kind.imports ?? {};
  return locate ? ((await undefinedWithoutNetns(() => locate(host, args, id))) as Values | undefined) : args;
}
