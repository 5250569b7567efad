import { z } from "zod";
import { integer } from "../../schema/fields";
import type { Link } from "../../tools/ip/links";

const schema = z.strictObject({
  /** Version of the header: 0, none (type I); 1 (type II), or 2 (type III). Another one replaces the link. */
  version: integer(0, 2).default(1),
  /** Number of the port that the frames are from; for version 1. If it is taken away, the link is replaced. Default: 0. */
  index: integer(1, 0xfffff).optional(),
  /** Were the frames received (`ingress`) or sent (`egress`) by that port? For version 2. Default: ingress. */
  direction: z.enum(["ingress", "egress"], { error: "must be ingress or egress" }).optional(),
  /** Number of the device that the frames are from; for version 2. Default: 0. */
  hardwareId: integer(1, 63).optional(),
});
type Erspan = z.output<typeof schema>;

const observedJson = z.object({
  erspan_ver: z.number().default(1),
  erspan_index: z.number().optional(),
  erspan_dir: z.enum(["ingress", "egress"]).optional(),
  erspan_hwid: z.coerce.number().optional(),
});

/** ip can set no index to 0. */
function isOther(was: Erspan | undefined, is: Erspan | undefined): boolean {
  return was?.version !== is?.version || (was?.index !== undefined && is?.index === undefined);
}

/** The header of ERSPAN, before mirrored frames. */
export const erspanOption = {
  input: schema.optional().meta({ replace: isOther }),
  words(value: Erspan | undefined) {
    if (!value) return [];
    const { version, index, direction = "ingress", hardwareId = 0 } = value;
    return [
      // The kernel wants numbered packets with a header.
      ...(version === 0 ? ["erspan_ver", "0"] : ["seq", "erspan_ver", String(version)]),
      ...(version === 1 && index !== undefined ? ["erspan", String(index)] : []),
      ...(version === 2 ? ["erspan_dir", direction, "erspan_hwid", String(hardwareId)] : []),
    ];
  },
  read(data: Readonly<Record<string, unknown>>, { linkinfo }: Link): Erspan | undefined {
    if (linkinfo?.info_kind !== "erspan") return undefined;
    const { erspan_ver: version, erspan_index: index, erspan_dir, erspan_hwid: hardwareId } = observedJson.parse(data);
    return {
      version,
      ...(version === 1 && index ? { index } : {}),
      ...(version === 2 && erspan_dir === "egress" ? { direction: erspan_dir } : {}),
      ...(version === 2 && hardwareId ? { hardwareId } : {}),
    };
  },
};

export function* erspanRules(
  type: string,
  value: Erspan | undefined,
  key: number | undefined,
): Iterable<readonly [string, string]> {
  if (type !== "erspan") {
    if (value) yield ["erspan", `must not be given with type ${type}`];
    return;
  }
  if (!value) return yield ["erspan", "is required with type erspan"];
  const { version, index, direction, hardwareId } = value;
  for (const [property, isGiven, of] of [
    ["index", index !== undefined, 1],
    ["direction", direction !== undefined, 2],
    ["hardwareId", hardwareId !== undefined, 2],
  ] as const)
    if (isGiven && version !== of) yield [`erspan.${property}`, `is for version ${of} alone`];
  if (version > 0 && key === undefined) yield ["key", "is required with type erspan: it is the number of the session"];
  if (version > 0 && (key ?? 0) > 1023) yield ["key", "must be 0 to 1023 with type erspan"];
}

/** Bytes of the header, and those by which GRE's is longer than 4. */
export function erspanBytes(value: Erspan | undefined): number {
  return [0, 12, 16][value?.version ?? 0] ?? 0;
}
