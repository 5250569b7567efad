import { z } from "zod";
import { integer, number32 } from "../../schema/fields";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink, portArgs } from "./options";

/** The protocols by what ip prints when it prints numbers. */
export const vlanProtocols: Readonly<Record<string, string>> = { "[33024]": "802.1Q", "[34984]": "802.1ad" };

const inTag = integer(0, 7);
const pairs = z.array(z.object({ from: z.number(), to: z.number() }));
type Pairs = z.output<typeof pairs>;

const sorted = <T extends Pairs>(list: T) => list.toSorted((one, other) => one.from - other.from) as T;

/** Pairs of priorities. The kernel keeps none with 0 as the second one, and a change adds to those that there are. */
const priorityMap = <T extends z.ZodType<Pairs[number]>>(pair: T, word: string, key: string) => ({
  input: z
    .array(pair)
    .min(1, "must not be empty")
    .refine((list) => new Set(list.map(({ from }) => from)).size === list.length, "must not name a priority twice")
    .overwrite(sorted)
    .optional()
    .meta({ unset: null }),
  words(wanted: Pairs = [], existing: Pairs = []) {
    const gone = existing.filter(({ from }) => !wanted.some((each) => each.from === from));
    return [word, ...[...wanted, ...gone.map(({ from }) => ({ from, to: 0 }))].map(({ from, to }) => `${from}:${to}`)];
  },
  read(data: Readonly<Record<string, unknown>>) {
    const list = pairs.parse(data[key] ?? []);
    return list.length > 0 ? sorted(list) : undefined;
  },
});

const ingressPair = z.strictObject({
  /** Priority in the tag. */
  from: inTag,
  /** Priority of the packet. */
  to: number32.min(1, "must not be 0, which packets have without a pair"),
});
const egressPair = z.strictObject({
  /** Priority of the packet. */
  from: number32,
  /** Priority in the tag. */
  to: integer(1, 7),
});

export const vlan = defineLink({
  type: "Vlan",
  linkType: "vlan",
  summary: "One VLAN of another link: it sends and receives frames with that number.",
  args: portArgs,
  options: {
    /** Lower link, in the same namespace. */
    link: { input: lowerLink, isLower: true, read: (_data, { link }) => link },
    /** Number of the VLAN (`id`). */
    vid: {
      input: integer(1, 4094).meta({ replace: true }),
      word: "id",
      read: ({ id }) => id,
    },
    /** Protocol of the tags: `802.1ad` for the outer one of two tags. */
    protocol: {
      input: z.enum(["802.1Q", "802.1ad"]).default("802.1Q").meta({ replace: true }),
      word: "protocol",
      read: ({ protocol }) => vlanProtocols[String(protocol)] ?? protocol,
    },
    /** Which priority a packet gets for that in its tag (`ingress-qos-map`). Default: 0 for all. */
    ingressQosMap: priorityMap(ingressPair, "ingress-qos-map", "ingress_qos"),
    /** Which priority the tag gets for that of the packet (`egress-qos-map`). Default: 0 for all. */
    egressQosMap: priorityMap(egressPair, "egress-qos-map", "egress_qos"),
  },
  followsMac: true,
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
