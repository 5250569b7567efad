import fc from "fast-check";
import type { Values } from "../../../provider/src/core/check";
import { kinds } from "../../../provider/src/kinds";
import { cidr } from "../../../provider/src/schema/fields";
import type { ServiceKey } from "../../../provider/src/tools/ipvsadm-service";
import { sample } from "../../unit/support/samples";
import { trickyTexts } from "./words";

export const kindOf = (type: string) => kinds[type] as NonNullable<(typeof kinds)[string]>;

const tricky = fc.constantFrom(...trickyTexts);
export const text = fc.oneof(
  tricky,
  tricky,
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[!-]? ?[a-z0-9./:@+-]{0,16}$/),
);
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  fc.integer(),
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.constant(undefined),
);

/** The sample of a kind with arbitrary values for some inputs, also of nested objects. */
export function anything(type: string): fc.Arbitrary<Values> {
  const keys = Object.keys(kindOf(type).args.shape).filter((key) => !["owner", "host", "ready"].includes(key));
  // Mostly one at a time. Of several, one is usually refused, and then the others prove nothing.
  const one = fc.tuple(fc.constantFrom(...keys), value).map(([key, each]) => ({ [key]: each }));
  const several = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
  const some = fc.oneof({ weight: 4, arbitrary: one }, several);
  const peer =
    type === "VethPair"
      ? fc.dictionary(fc.constantFrom("name", "netns", "master", "mac", "addresses"), value)
      : fc.constant({});
  return fc.tuple(some, peer).map(([values, far]) => {
    const base = sample(type, values);
    return type === "VethPair" && !("peer" in values) ? { ...base, peer: { ...(base.peer as Values), ...far } } : base;
  });
}

export const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6());
export const canonical = (text: string) =>
  text.includes(":") ? (cidr.parse(`${text}/128`).split("/")[0] ?? "") : text;
export const anyPort = fc.integer({ min: 1, max: 65535 });
export const anyName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/);
export const anyKey: fc.Arbitrary<ServiceKey> = fc.oneof(
  fc.record({ protocol: fc.constantFrom("tcp", "udp", "sctp"), address: anyAddress.map(canonical), port: anyPort }),
  fc.record({ firewallMark: fc.integer({ min: 1, max: 0xffffffff }), family: fc.constantFrom("ipv4", "ipv6") }),
);
