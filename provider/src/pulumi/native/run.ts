import * as lifecycle from "../../core/lifecycle";
import { LocalnetError } from "../../errors";
import type { HostSettings } from "../../host";
import { withEngine } from "../../host/operation";
import { redact } from "../../text";
import { operation } from "../engine";
import type { Show } from "./log";
import { HalfMade } from "./reply";
import { type Subject, state, withHost } from "./state";
import type { Properties } from "./struct";

/**
 * Runs an operation. If it fails, the error carries what it made. Secret inputs are removed from the error and from progress
 * messages. `seconds`: limit by customTimeouts; 0: none. `at`: what is recorded with the object.
 */
export function runner(show: Show) {
  return async <T>(
    subject: Subject,
    given: readonly Properties[],
    body: () => Promise<T>,
    seconds = 0,
    at?: HostSettings,
  ): Promise<T> => {
    const secrets = new Set(given.flatMap((each) => [...each.secrets]));
    const texts = given.flatMap(({ secretTexts }) => secretTexts);
    const engine = { seconds, show: (message: string) => show(subject.urn, message), secrets: texts };
    try {
      return await operation(() => withEngine(engine, body));
    } catch (error) {
      if (!(error instanceof lifecycle.PartialError)) throw redactError(error, texts);
      const cause = redactError(error.cause, texts);
      const partial = new lifecycle.PartialError(error.id, error.properties, cause);
      throw new HalfMade(partial, state(subject, at ? withHost(error.properties, at) : error.properties, secrets));
    }
  };
}

export function redactError(error: unknown, texts: readonly string[]): Error {
  if (error instanceof LocalnetError) return error.without(texts);
  return new Error(redact(error instanceof Error ? error.message : String(error), texts));
}
