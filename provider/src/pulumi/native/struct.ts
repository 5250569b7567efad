import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Values } from "../../core/check";
import { toJsonValues } from "../../core/compare";
import { Given } from "./given";
import { autonamedKey } from "./state";

/** The engine wraps special values in an object with this key, which says their type. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
const resource = "5cf8f73096256a8f31e491e813e4eb8e";

/** Properties as the engine sends them. */
export interface Properties {
  readonly values: Values;
  /** The properties that contain a secret. */
  readonly secrets: ReadonlySet<string>;
  /** The secret texts and numbers. */
  readonly secretTexts: readonly string[];
}

export function decode(struct: Struct | undefined): Properties {
  const secrets = new Set<string>();
  const secretTexts: string[] = [];
  const { [autonamedKey]: _, ...all } = struct?.toJavaScript() ?? {};
  const entries = Object.entries(all).map(([key, value]) => {
    const reveal = (each: unknown) => {
      secrets.add(key);
      secretTexts.push(...textsIn(each));
    };
    return [key, revealed(value, reveal)] as const;
  });
  return { values: Object.fromEntries(entries), secrets, secretTexts };
}

function revealed(value: unknown, reveal: (secret: unknown) => void): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => revealed(each, reveal));
  const object = value as Values;
  if (object[signatureKey] === secret) {
    const values = revealed(object.value, reveal);
    reveal(values);
    return values;
  }
  if (object[signatureKey] === resource) return new Given(String(object.urn), String(object.id ?? ""));
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, revealed(each, reveal)]));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The inverse: a property that contained a secret becomes a secret as a whole. */
export function encode(values: Values, secrets: ReadonlySet<string>): Struct {
  const entries = Object.entries(toJsonValues(values)).map(([key, value]) => {
    return [key, secrets.has(key) ? { [signatureKey]: secret, value } : value] as const;
  });
  return Struct.fromJavaScript(Object.fromEntries(entries) as Record<string, JavaScriptValue>);
}
