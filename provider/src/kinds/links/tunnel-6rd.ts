import { z } from "zod";
import { cidr, familyOf, isNetwork } from "../../schema/fields";

const network = (family: 4 | 6) =>
  cidr.refine(
    (text) => familyOf(text) === family && isNetwork(text),
    `must be an IPv${family} network, without bits beyond its prefix`,
  );
const bitsOf = (text: string) => Number(text.split("/")[1]);

const schema = z
  .strictObject({
    /** Network of the IPv6 addresses (`6rd-prefix`). */
    prefix: network(6),
    /** Network of all ends, whose bits are not in the IPv6 addresses (`6rd-relay_prefix`). Default: all bits are. */
    relayPrefix: network(4).optional(),
  })
  .superRefine(({ prefix, relayPrefix }, { addIssue }) => {
    const issue = (message: string) => addIssue({ code: "custom", path: ["prefix"], message });
    if (bitsOf(prefix) + 32 - bitsOf(relayPrefix ?? "0.0.0.0/0") > 64)
      issue("must leave room for the bits of an end in the first 64");
    if (prefix === of6to4 && relayPrefix === undefined) issue("must be another network than that of 6to4");
  });
type SixRd = z.output<typeof schema>;

/** What every other tunnel of type sit has. */
const of6to4 = "2002::/16";

export const sixRdOption = {
  input: schema.optional().meta({ unset: null }),
  // ip crashes at `6rd-reset`.
  words: ({ prefix, relayPrefix = "0.0.0.0/0" }: SixRd = { prefix: of6to4 }) => [
    ...["6rd-prefix", prefix, "6rd-relay_prefix", relayPrefix],
  ],
  read(data: Readonly<Record<string, unknown>>): SixRd | undefined {
    const { prefix, prefixlen, relay_prefix: relay, relay_prefixlen: relayLength } = data;
    if (prefix === undefined || (relay === undefined && `${prefix}/${prefixlen}` === of6to4)) return undefined;
    return {
      prefix: `${prefix}/${prefixlen}`,
      ...(relay !== undefined && { relayPrefix: `${relay}/${relayLength}` }),
    };
  },
};
