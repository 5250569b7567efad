import pLimit from "p-limit";
import { describe, differences } from "../core/compare";
import { read } from "../core/lifecycle";
import { LocalnetError } from "../errors";
import { type HostSettings, withReadCache } from "../host";
import { kinds } from "../kinds";
import { hasSecret } from "../pulumi/recorded";
import type { LabObject } from "./topology/object";

/** The present condition of an object, compared with the state. */
export interface ObjectState {
  readonly object: LabObject;
  /** "-": there is nothing to compare: it was found on a host, or is a probe. */
  readonly state: "ok" | "gone" | "differs" | "unknown" | "-";
  /** The differences, or why it could not be read. */
  readonly remarks: readonly string[];
}

/** Objects that are read at the same time. Each may take a process, and hundreds at once would all time out. */
const concurrency = 16;

/** Reads all objects as `pulumi refresh` does. Changes nothing. */
export function compareWithKernel(objects: readonly LabObject[], settings: HostSettings): Promise<ObjectState[]> {
  const limit = pLimit(concurrency);
  return withReadCache(() => Promise.all(objects.map((object) => limit(() => compareOne(object, settings)))));
}

async function compareOne(object: LabObject, settings: HostSettings): Promise<ObjectState> {
  const { recorded, type, id } = object;
  const kind = kinds[type];
  // A probe has no object in the kernel.
  if (!recorded || !kind || type === "Probe") return { object, state: "-", remarks: [] };
  try {
    const observed = await read(kind, id, recorded, settings);
    if (!observed) return { object, state: "gone", remarks: [] };
    const wanted = Object.fromEntries(Object.entries(recorded).filter(([key]) => key in kind.args.shape));
    // Encrypted values of the state cannot be compared.
    const differing = differences(kind.args, wanted, observed.inputs).filter(({ wanted }) => !hasSecret(wanted));
    return { object, state: differing.length > 0 ? "differs" : "ok", remarks: differing.map(describe) };
  } catch (error) {
    if (!(error instanceof LocalnetError)) throw error;
    return { object, state: "unknown", remarks: [`${error.summary} [${error.code}]`] };
  }
}
