import { LocalnetError } from "../errors";
import { PartialError } from "./converge";
import type { AnyKind } from "./kind";

/** Adds the resource and the operation to an error. */
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
