import { z } from "zod";
import { familyOf, integer } from "../../schema/fields";
import { prefix as anyPrefix } from "../routing/policy-rule-args";

/** Properties of a filter that no input can express, in tc's words. They differ from every value of an input. */
export interface Inexpressible {
  readonly inexpressible: readonly string[];
}

export const prefix = anyPrefix.refine((text) => !text.endsWith("/0"), "must not be all addresses");

export const ipProtocol = integer(1, 255);

/** A class, or a value of skbedit in the same form. Without a number before the colon it is a single number. */
export const flowid = z
  .string()
  .regex(/^[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}$/, "must be two hexadecimal numbers of up to 4 digits, such as 1:10")
  .transform((text) =>
    text
      .split(":")
      .map((part) => part.replace(/^0+/, "").toLowerCase())
      .join(":"),
  )
  .refine((text) => text !== ":" && text !== "ffff:ffff", "must have a number other than 0, and not be ffff:ffff");

/** The rule that addresses have the protocol's IP version. */
export function* versionRules(
  key: string,
  options: { readonly source?: string | undefined; readonly destination?: string | undefined } | undefined,
  protocol: string,
): Generator<readonly [string, string]> {
  for (const side of ["source", "destination"] as const) {
    const text = options?.[side];
    const version = protocol === "ipv6" ? 6 : 4;
    if (text !== undefined && familyOf(text) !== version)
      yield [`${key}.${side}`, `must be an IPv${version} address or network with protocol ${protocol}`];
  }
}

export function isOneOf<T extends string>(list: readonly T[], word: string | undefined): word is T {
  return (list as readonly (string | undefined)[]).includes(word);
}
