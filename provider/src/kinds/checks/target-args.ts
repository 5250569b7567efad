import { z } from "zod";
import { address, port, printable, text } from "../../schema/fields";

// `env` starts the processes. It would take a first word of these forms for an option or a variable.
export const commandLine = z
  .array(text)
  .min(1, "must name a command")
  .refine(
    ([command = ""]) => /^[\x20-\x7e]+$/.test(command) && !/^-|=/.test(command),
    'must not be empty, start with "-" or contain "=" in its first word, which must be printable ASCII characters',
  );

/** The targets of a probe, and of a process's `ready`. */
export const targetArgs = {
  /** An HTTP GET request. */
  http: z
    .strictObject({
      /** URL: http:// or https://. */
      url: printable.refine(isHttpUrl, "must be an http:// or https:// address without blanks"),
      /** Expected status. */
      expectStatus: z
        .int("must be 100 to 599")
        .min(100, "must be 100 to 599")
        .max(599, "must be 100 to 599")
        .default(200),
      /** Expected body, without blanks around it. A list: any of them, and each must occur. */
      expectBody: z.union([z.string(), z.array(z.string()).min(1, "must not be empty")]).optional(),
    })
    .optional(),
  /** A TCP connection. */
  tcp: z
    .strictObject({
      /** Destination: an address, or a resource that has one; for a VethPair, the address of the other end. */
      address: address.meta({ reference: "address", of: "addressed" }),
      /** Port. */
      port,
    })
    .optional(),
} as const;

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}

/** The rule that exactly one of these inputs is given. */
export function oneOf(args: object, keys: readonly string[]): string | undefined {
  const given = keys.filter((key) => (args as Record<string, unknown>)[key] !== undefined);
  return given.length === 1 ? undefined : `give one of ${keys.join(", ")}`;
}
