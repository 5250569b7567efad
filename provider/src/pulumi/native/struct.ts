import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Values } from "../../core/check";
import { toPlainJson } from "../../core/compare";

/** What the engine wraps special values in: an object with this key, which says what they are. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/** Properties as the engine sends them: the values as they are, and which of them hold a secret. */
export interface Properties {
  readonly values: Values;
  readonly secrets: ReadonlySet<string>;
}

export function decode(struct: Struct | undefined): Properties {
  const secrets = new Set<string>();
  const entries = Object.entries(struct?.toJavaScript() ?? {}).map(([key, value]) => {
    return [key, revealed(value, () => secrets.add(key))] as const;
  });
  return { values: Object.fromEntries(entries), secrets };
}

function revealed(value: unknown, found: () => void): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => revealed(each, found));
  const object = value as Values;
  if (object[signatureKey] === secret) {
    found();
    return revealed(object.value, found);
  }
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, revealed(each, found)]));
}

/** The inverse: a property that held a secret is one as a whole. */
export function encode(values: Values, secrets: ReadonlySet<string>): Struct {
  const entries = Object.entries(toPlainJson(values)).map(([key, value]) => {
    return [key, secrets.has(key) ? { [signatureKey]: secret, value } : value] as const;
  });
  return Struct.fromJavaScript(Object.fromEntries(entries) as Record<string, JavaScriptValue>);
}
