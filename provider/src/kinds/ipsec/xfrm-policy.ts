import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { address, at, familyOf, number32, parseAt } from "../../schema/fields";
import type { Protocol } from "../../tools/ip/xfrm";
import { deletePolicy, type PolicyKey, putPolicy, showPolicies } from "../../tools/ip/xfrm-policies";
import { ifId, mark, mode, protocol, reqid, selectorFields, selectorRules, spi } from "./xfrm-fields";

const directions = ["in", "out", "fwd"] as const;
const actions = ["allow", "block"] as const;
const levels = ["required", "use"] as const;
const maxTemplates = 6;

const template = z.strictObject({
  /** Source address of the transformed packets. Default: any. */
  source: address.optional(),
  /** Their destination address. Default: any. */
  destination: address.optional(),
  /** How packets are transformed: esp or ah. */
  protocol: protocol.default("esp"),
  /** Do packets keep their header (transport), or get an outer one (tunnel, beet)? */
  mode: mode.default("transport"),
  /** Number of the state (SPI). Default: any. */
  spi: spi.optional(),
  /** The state's `reqid`. Default: none. */
  reqid: reqid.min(1, "must be at least 1").optional(),
  /** Is the transformation required, or only used if there is a matching state (use)? */
  level: z.enum(levels, { error: "must be required or use" }).default("required"),
});

const { source, destination, protocol: packets, sourcePort, destinationPort } = selectorFields;

const args = {
  /** Does it apply to packets that come in (in), leave (out) or are forwarded (fwd)? */
  direction: z.enum(directions, { error: "must be in, out or fwd" }).meta({ replace: true }),
  ...inNetns,
  /** Source of the packets: an address or a network; `::/0` for any IPv6 address. */
  source: source.meta({ replace: true }),
  /** Destination of the packets, of the same IP version. */
  destination: destination.meta({ replace: true }),
  /** IP protocol of the packets. Default: any. */
  protocol: packets.meta({ replace: true }),
  /** Source port of the packets. Needs a protocol with ports. Default: any. */
  sourcePort: sourcePort.meta({ replace: true }),
  /** Destination port of the packets. Needs a protocol with ports. Default: any. */
  destinationPort: destinationPort.meta({ replace: true }),
  /** Mark of the packets: a number, with or without a mask, `1` or `0x1/0xff`. Default: any. */
  mark: mark.optional().meta({ replace: true }),
  /** Number of the XfrmInterface that the packets arrive or leave by. Default: none. */
  ifId: ifId.optional().meta({ replace: true }),
  /** Priority: of several matching policies, the one with the lowest number is used. */
  priority: number32.default(0),
  /** What happens to the packets: allow, through the templates if there are any, or block. */
  action: z.enum(actions, { error: "must be allow or block" }).default("allow"),
  /** The transformations that the packets get, the innermost first, or must have had; at most 6. Empty: they pass unchanged. */
  templates: z.array(template).max(maxTemplates, `must be at most ${maxTemplates}`).default([]),
} as const;

type PolicyArgs = Omit<Args<typeof args>, "owner" | "adopt" | "host">;

export const xfrmPolicy = defineKind({
  type: "XfrmPolicy",
  summary: "An IPsec policy (`ip xfrm policy`): which packets are encrypted, or must have been, and by which states.",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /**
   * `DIRECTION src NETWORK dst NETWORK@NETNS`, with everything that tells it from others: `out src 10.0.0.0/8 dst
   * 10.1.0.0/16 proto tcp sport 80 dport 90 mark 0x1 if_id 0x7@NETNS`
   */
  id: (args) => idOf(keyOf(args), args.netns),

  *rules(args) {
    yield* selectorRules(args);
    yield* templateRules(args);
  },

  async observe(host, args) {
    const key = keyOf(args);
    const policies = await showPolicies(host, args.netns);
    const policy = policies.find((each) => each.key && isDeepStrictEqual(each.key, key));
    if (!policy) return undefined;
    const { priority, action, templates, strange } = policy;
    return {
      owner: strange === undefined ? null : `a policy with ${strange}`,
      ...(strange !== undefined && { otherKind: true }),
      inputs: { priority, action, templates },
      outputs: {},
    };
  },

  async ensure(host, args, observed) {
    const { priority, action, templates } = args;
    if (observed && isDeepStrictEqual(observed.inputs, { priority, action, templates })) return;
    await putPolicy(host, args.netns, keyOf(args), args, observed !== undefined);
  },

  async remove(host, args) {
    await deletePolicy(host, args.netns, keyOf(args));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const form =
        /^(in|out|fwd) src (\S+) dst (\S+?)(?: proto (\S+))?(?: sport (\d+))?(?: dport (\d+))?(?: mark (\S+))?(?: if_id (\S+))?$/;
      const [, direction, source, destination, protocol, from, to, mark, ifId] = form.exec(name) ?? [];
      if (direction === undefined || source === undefined || destination === undefined) return undefined;
      const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
      return {
        ...{ direction: direction as PolicyArgs["direction"], source, destination, netns, mark, ifId: number(ifId) },
        ...{ protocol: protocol as Protocol | undefined, sourcePort: number(from), destinationPort: number(to) },
      };
    },
    async list(host, netns) {
      const policies = await showPolicies(host, netns);
      return policies.flatMap(({ key }) => (key ? [{ id: idOf(key, netns) }] : []));
    },
  },
});

function keyOf(args: PolicyArgs): PolicyKey {
  const { direction, source, destination, protocol, sourcePort, destinationPort, mark, ifId } = args;
  return { direction, source, destination, protocol, sourcePort, destinationPort, mark, ifId };
}

function idOf(key: PolicyKey, netns: string | undefined): string {
  const words = Object.entries({
    ...{
      src: key.source,
      dst: key.destination,
      proto: key.protocol,
      sport: key.sourcePort,
      dport: key.destinationPort,
    },
    ...{ mark: key.mark, if_id: key.ifId === undefined ? undefined : `0x${key.ifId.toString(16)}` },
  }).filter(([, value]) => value !== undefined);
  return at([key.direction, ...words.flat()].join(" "), netns);
}

function* templateRules({ direction, source, templates }: PolicyArgs): Generator<readonly [string, string]> {
  let family = familyOf(source);
  for (const [index, each] of templates.entries()) {
    const of = [each.source, each.destination].flatMap((text) => (text === undefined ? [] : [familyOf(text)]));
    const path = `templates.${index}`;
    if (new Set(of).size > 1) yield [`${path}.destination`, "must be of the same IP version as source"];
    const isTransport = each.mode === "transport";
    if (isTransport && of.some((version) => version !== family))
      yield [path, "must be of the packets' IP version in mode transport"];
    if (!isTransport && each.level === "use" && direction === "out")
      yield [`${path}.level`, `must be required in mode ${each.mode} with direction out`];
    if (!isTransport) family = of[0] ?? family;
  }
}
