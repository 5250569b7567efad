import pLimit from "p-limit";
import { describe, differences } from "../core/compare";
import { read } from "../core/lifecycle";
import { LocalnetError } from "../errors";
import { type HostSettings, withReadCache } from "../host";
import { kinds } from "../kinds";
import { hasSecret } from "../pulumi/recorded";
import type { LabObject } from "./topology/object";

/** How an object is now, beside what the state says of it. */
export interface ObjectState {
  readonly object: LabObject;
  /** "-": there is nothing to compare, since it is as it was found, or is a probe. */
  readonly state: "ok" | "gone" | "differs" | "unknown" | "-";
  /** What differs, or why nobody could look. */
  readonly remarks: readonly string[];
}

/** Objects that are looked at at a time: each may take a process, and of hundreds at once none would end in time. */
const atOnce = 16;

/** Looks at all objects as `pulumi refresh` does, and changes nothing. */
export function compareWithKernel(objects: readonly LabObject[], settings: HostSettings): Promise<ObjectState[]> {
  const limit = pLimit(atOnce);
  return withReadCache(() => Promise.all(objects.map((object) => limit(() => compareOne(object, settings)))));
}

async function compareOne(object: LabObject, settings: HostSettings): Promise<ObjectState> {
  const { recorded, type, id } = object;
  const kind = kinds[type];
  // Of a probe there is nothing in the kernel.
  if (!recorded || !kind || type === "Probe") return { object, state: "-", remarks: [] };
  try {
    const observed = await read(kind, id, recorded, settings);
    if (!observed) return { object, state: "gone", remarks: [] };
    const wanted = Object.fromEntries(Object.entries(recorded).filter(([key]) => key in kind.args.shape));
    // With what is encrypted in the state nothing can be compared.
    const differing = differences(kind.args, wanted, observed.inputs).filter(({ wanted }) => !hasSecret(wanted));
    return { object, state: differing.length > 0 ? "differs" : "ok", remarks: differing.map(describe) };
  } catch (error) {
    if (!(error instanceof LocalnetError)) throw error;
    return { object, state: "unknown", remarks: [`${error.summary} [${error.code}]`] };
  }
}
