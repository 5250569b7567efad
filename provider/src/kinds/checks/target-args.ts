import { z } from "zod";
import { address, port, printable, text } from "../../schema/fields";

// Processes are started by env, which would take a first word of these forms for its own option or variable.
export const commandLine = z
  .array(text)
  .min(1, "must name a command")
  .refine(
    ([command = ""]) => /^[\x20-\x7e]+$/.test(command) && !/^-|=/.test(command),
    'must not be empty, start with "-" or hold "=" in its first word, which must be printable ASCII characters',
  );

/** What a probe, or a process's readiness, tries to reach. */
export const targetArgs = {
  /** A GET over HTTP. */
  http: z
    .strictObject({
      /** Where to: http:// or https://. */
      url: printable.refine(isHttpUrl, "must be an http:// or https:// address without blanks"),
      /** Status of an answer that counts. */
      expectStatus: z
        .int("must be 100 to 599")
        .min(100, "must be 100 to 599")
        .max(599, "must be 100 to 599")
        .default(200),
      /** Body of an answer that counts, blanks around it left out; several: any of them counts, and each must be seen. */
      expectBody: z.union([z.string(), z.array(z.string()).min(1, "must not be empty")]).optional(),
    })
    .optional(),
  /** A TCP connection. */
  tcp: z
    .strictObject({
      /** Where to: an address, or who has it; of a VethPair, the other end. */
      address: address.meta({ reference: "address", of: "addressed" }),
      /** Port. */
      port,
    })
    .optional(),
} as const;

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}

/** The rule that exactly one way is given. */
export function oneOf(args: object, keys: readonly string[]): string | undefined {
  const given = keys.filter((key) => (args as Record<string, unknown>)[key] !== undefined);
  return given.length === 1 ? undefined : `give one of ${keys.join(", ")}`;
}
