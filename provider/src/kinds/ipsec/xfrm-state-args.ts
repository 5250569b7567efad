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
  /** What is made of packets: esp, which encrypts, or ah, which only proves where they come from. */
  protocol: protocol.default("esp").meta({ replace: true }),
  /** Number that stands in the packets and tells the state (SPI), 1 to 4294967295, also as text such as `0x101`. Below 256 are reserved ones. */
  spi: spi.meta({ replace: true }),
  /** Mark of the packets that it is for, as a number or with a mask, `1` or `0x1/0xff`. Default: any. */
  mark: mark.optional().meta({ replace: true }),
  /** Address that the packets are sent from. */
  source: address,
  /** Does a packet keep its header (transport), or go into another one (tunnel, beet)? */
  mode: mode.default("transport"),
  /** Number by which a policy's template finds it, beside its addresses; 0: none. */
  reqid: reqid.default(0),
  /** Number of the XfrmInterface that it belongs to. Default: none. */
  ifId: ifId.optional(),
  /** Encryption that proves where packets come from as well. For esp. */
  aead: aead.optional(),
  /** Encryption alone, for esp. */
  encryption: encryption.optional(),
  /** What proves where packets come from: of esp beside `encryption`, of ah alone. */
  authentication: authentication.optional(),
  /** UDP around the packets, which gets them through address translation (`encap`). For esp. Default: none. */
  encapsulation: z
    .strictObject({
      /** Form of the packets. */
      type: z.enum(encapsulations, { error: `must be one of ${encapsulations.join(", ")}` }).default("espinudp"),
      /** UDP port that they are sent from. */
      sourcePort: port.default(4500),
      /** UDP port that they are sent to. */
      destinationPort: port.default(4500),
    })
    .optional(),
  /** The packets that it is for, where it is not for all that policies send to it (`sel`). Default: all. */
  selector: z.strictObject(selectorFields).optional(),
  /** How many packets back one may come late without being taken for a copy, 0 to 4096; 0: copies pass. */
  replayWindow: integer(0, 4096).default(0),
  /** Peculiarities (`flag`), such as esn, numbers of 64 bits for the packets. */
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
      if (value !== undefined) yield [key, "must not be given beside aead, which does both"];
  } else if (!encryption) yield ["encryption", "is needed with protocol esp, or aead"];
  if (args.flags.includes("esn") && args.replayWindow === 0) yield ["replayWindow", "must be at least 1 with flag esn"];
  if (!selector) return;
  yield* selectorRules(selector, "selector.");
  if (isEverything({ selector: { ...none, ...selector }, destination }))
    yield ["selector", "must choose some packets: leave it out for all"];
  if (mode === "transport" && familyOf(selector.source) !== familyOf(source))
    yield ["selector", "must be of the state's IP version in mode transport"];
}

const none = { protocol: undefined, sourcePort: undefined, destinationPort: undefined };
