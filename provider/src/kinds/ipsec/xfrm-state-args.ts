import { z } from "zod";
import { type Args, inNetns } from "../../core/kind";
import { address, familyOf, integer, port } from "../../schema/fields";
import { isEverything } from "../../tools/ip/xfrm-states";
import { aead, authentication, encryption } from "./xfrm-algorithms";
import { ifId, mark, mode, protocol, reqid, selectorFields, selectorRules, spi } from "./xfrm-fields";

const flags = ["noecn", "decap-dscp", "nopmtudisc", "wildrecv", "icmp", "align4", "esn"] as const;
const encapsulations = ["espinudp", "espinudp-nonike"] as const;

export const xfrmStateArgs = {
  /** Address that the packets are sent to. */
  destination: address.meta({ replace: true }),
  ...inNetns,
  /** How packets are protected: esp encrypts them, ah only authenticates them. */
  protocol: protocol.default("esp").meta({ replace: true }),
  /**
   * Number in the packets that identifies the state (SPI), 1 to 4294967295, also as text such as `0x101`. Numbers below 256
   * are reserved.
   */
  spi: spi.meta({ replace: true }),
  /** Mark of the packets that it applies to: a number, with or without a mask, `1` or `0x1/0xff`. Default: any. */
  mark: mark.optional().meta({ replace: true }),
  /** Address that the packets are sent from. */
  source: address,
  /** Do packets keep their header (transport), or get an outer one (tunnel, beet)? */
  mode: mode.default("transport"),
  /** Number by which a policy's template finds it, in addition to the addresses; 0: none. */
  reqid: reqid.default(0),
  /** Number of the XfrmInterface that it belongs to. Default: none. */
  ifId: ifId.optional(),
  /** Encryption with authentication. For esp. */
  aead: aead.optional(),
  /** Encryption without authentication. For esp. */
  encryption: encryption.optional(),
  /** Authentication: for esp together with `encryption`, for ah alone. */
  authentication: authentication.optional(),
  /** UDP encapsulation of the packets, which can then pass address translation (`encap`). For esp. Default: none. */
  encapsulation: z
    .strictObject({
      /** Form of the packets. Newer kernels, such as Linux 6.12, no longer have espinudp-nonike, the older one. */
      type: z.enum(encapsulations, { error: `must be one of ${encapsulations.join(", ")}` }).default("espinudp"),
      /** UDP port that they are sent from. */
      sourcePort: port.default(4500),
      /** UDP port that they are sent to. */
      destinationPort: port.default(4500),
    })
    .optional(),
  /** Restriction to some of the packets that policies send to it (`sel`). Default: all. */
  selector: z.strictObject(selectorFields).optional(),
  /** Replay window: how many packets late one may arrive without counting as a copy; 0: copies are accepted. */
  replayWindow: integer(0, 4096).default(0),
  /** Special properties (`flag`), such as esn, 64-bit packet numbers. */
  flags: z
    .array(z.enum(flags, { error: `must be one of ${flags.join(", ")}` }))
    .refine((list) => new Set(list).size === list.length, "must not name one twice")
    .overwrite((list) => [...list].sort())
    .default([]),
} as const;

export type XfrmStateArgs = Omit<Args<typeof xfrmStateArgs>, "owner" | "adopt" | "host">;

export function* xfrmStateRules(args: XfrmStateArgs): Generator<readonly [string, string]> {
  const { source, destination, protocol, mode, aead, encryption, authentication, encapsulation, selector } = args;
  if (familyOf(source) !== familyOf(destination)) yield ["source", "must be of the same IP version as destination"];
  if (protocol === "ah") {
    for (const [key, value] of Object.entries({ aead, encryption, encapsulation }))
      if (value !== undefined) yield [key, "needs protocol esp"];
    if (mode === "beet") yield ["mode", "must be transport or tunnel with protocol ah"];
    if (!authentication) yield ["authentication", "is needed with protocol ah"];
  } else if (aead) {
    for (const [key, value] of Object.entries({ encryption, authentication }))
      if (value !== undefined) yield [key, "must not be given together with aead, which does both"];
  } else if (!encryption) yield ["encryption", "is needed with protocol esp, or aead"];
  if (args.flags.includes("esn") && args.replayWindow === 0) yield ["replayWindow", "must be at least 1 with flag esn"];
  if (!selector) return;
  yield* selectorRules(selector, "selector.");
  if (isEverything({ selector: { ...none, ...selector }, destination }))
    yield ["selector", "must not match all packets: leave it out for that"];
  if (mode === "transport" && familyOf(selector.source) !== familyOf(source))
    yield ["selector", "must be of the state's IP version in mode transport"];
}

const none = { protocol: undefined, sourcePort: undefined, destinationPort: undefined };
