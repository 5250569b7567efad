import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { address, anyPort, at, familyOf, number32 } from "../../schema/fields";
import { findServices, showService, whyNoIpvs } from "../../tools/ipvsadm";
import { changeService } from "../../tools/ipvsadm-batch";
import { parseServiceId, type ServiceKey, serviceArgs, serviceId } from "../../tools/ipvsadm-service";

export const schedulers = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "mh",
  "twos",
] as const;
const flags = ["sh-fallback", "sh-port", "mh-fallback", "mh-port", "flag-1", "flag-2", "flag-3"] as const;

interface KeyArgs {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly firewallMark?: number | undefined;
  readonly family: "ipv4" | "ipv6";
}

export const ipvsService = defineKind({
  type: "IpvsService",
  summary: "An IPVS virtual service: an address and port, or a firewall mark, that the kernel balances over backends.",
  args: {
    /** Virtual IP address. Needs `port`; the alternative is `firewallMark`. */
    address: address.optional().meta({ replace: true }),
    /** Virtual port. 0: any port; needs `persistenceTimeout`. */
    port: anyPort.optional().meta({ replace: true }),
    /** Protocol, for a service by address and port. */
    protocol: z
      .enum(["tcp", "udp", "sctp"], { error: "must be tcp, udp or sctp" })
      .default("tcp")
      .meta({ replace: true }),
    /** Mark that a MARK rule gave the packets, instead of address and port. */
    firewallMark: number32.min(1, "must be at least 1").optional().meta({ replace: true }),
    /** IP version, for a service by firewall mark. */
    family: z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }).default("ipv4").meta({ replace: true }),
    ...inNetns,
    /** How a backend is chosen, by `ipvsadm`'s names. */
    scheduler: z.enum(schedulers, { error: `must be one of ${schedulers.join(", ")}` }).default("wlc"),
    /** Flags of the scheduler, in any order. */
    schedulerFlags: z
      .array(z.enum(flags, { error: `must be among ${flags.join(", ")}` }))
      .transform((names) => [...new Set(names)].sort())
      .optional()
      .meta({ unset: [] }),
    /** Seconds for which a client keeps its backend. Default: no persistence. */
    persistenceTimeout: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(31_536_000, "must be at most 31536000")
      .optional(),
    /**
     * Clients in the same network of this size share a backend: a netmask for IPv4, a prefix length for IPv6. Needs
     * `persistenceTimeout`.
     */
    persistenceNetmask: z
      .string()
      .refine(
        (mask) => isIP(mask) === 4 || (/^\d{1,3}$/.test(mask) && Number(mask) >= 1 && Number(mask) <= 128),
        "must be a netmask such as 255.255.255.0, or for IPv6 a prefix length, 1 to 128",
      )
      // ipvsadm does not print the default, each client alone.
      .transform((mask) => (["255.255.255.255", "128"].includes(mask) ? undefined : mask))
      .optional(),
    /** Is each packet scheduled separately? Only for udp and firewall marks. */
    onePacket: z.boolean().default(false),
  },
  outputs: {},
  needs: ["ipvsadm"],
  unmarked: true,
  /** `PROTOCOL/ADDRESS:PORT@NETNS`; with a firewall mark `fwmark/MARK@NETNS`, for IPv6 `fwmark6/MARK@NETNS` */
  id: (args) => at(serviceId(keyOf(args)), args.netns),

  *rules(args) {
    const byAddress = args.address !== undefined && args.port !== undefined;
    if (byAddress === (args.firewallMark !== undefined) || (args.address === undefined) !== (args.port === undefined)) {
      yield ["address", "give address and port, or firewallMark"];
    }
    if (args.port === 0 && !args.persistenceTimeout) yield ["port", "0, any port, needs persistenceTimeout"];
    if (args.persistenceNetmask && !args.persistenceTimeout) yield ["persistenceNetmask", "needs persistenceTimeout"];
    if (args.onePacket && byAddress && args.protocol !== "udp") yield ["onePacket", "only for udp and firewall marks"];
    const version6 = args.address ? familyOf(args.address) === 6 : args.family === "ipv6";
    if (args.persistenceNetmask && version6 === args.persistenceNetmask.includes(".")) {
      yield ["persistenceNetmask", version6 ? "must be a prefix length for IPv6" : "must be a netmask for IPv4"];
    }
  },

  unavailable: whyNoIpvs,

  async observe(host, args) {
    const service = await showService(host, args.netns, keyOf(args));
    if (!service) return undefined;
    const { key: _, backends: __, ...settings } = service;
    // No mark: a service cannot carry one.
    return { owner: null, inputs: { ...settings, schedulerFlags: settings.schedulerFlags.toSorted() }, outputs: {} };
  },

  async ensure(host, args, observed) {
    const wanted = serviceWords(args);
    if (observed && isDeepStrictEqual(wanted, serviceWords(observed.inputs))) return;
    // Both commands give all options, because a change resets those that it does not name.
    await changeService(host, args.netns, [observed ? "-E" : "-A", ...serviceArgs(keyOf(args)), ...wanted]);
  },

  async remove(host, args) {
    await changeService(host, args.netns, ["-D", ...serviceArgs(keyOf(args))]);
  },

  imports: {
    parse(id) {
      const parsed = parseServiceId(id);
      return parsed && { ...parsed.key, netns: parsed.netns };
    },
    list: async (host, netns) =>
      (await findServices(host, netns)).map(({ key }) => ({ id: at(serviceId(key), netns) })),
    inputs: (_args, { inputs }) => ({
      ...inputs,
      schedulerFlags: inputs.schedulerFlags.length ? inputs.schedulerFlags : undefined,
    }),
  },
});

interface Settings {
  readonly scheduler: string;
  readonly schedulerFlags?: readonly string[] | undefined;
  readonly persistenceTimeout?: number | undefined;
  readonly persistenceNetmask?: string | undefined;
  readonly onePacket: boolean;
}

/** All settings, as ipvsadm is told them. */
export function serviceWords(settings: Settings): string[] {
  return [
    ...["-s", settings.scheduler],
    ...(settings.schedulerFlags?.length ? ["-b", settings.schedulerFlags.join(",")] : []),
    ...(settings.persistenceTimeout ? ["-p", String(settings.persistenceTimeout)] : []),
    ...(settings.persistenceNetmask ? ["-M", settings.persistenceNetmask] : []),
    ...(settings.onePacket ? ["-o"] : []),
  ];
}

function keyOf({ address: host = "", port: number = 0, protocol, firewallMark, family }: KeyArgs): ServiceKey {
  return firewallMark === undefined ? { protocol, address: host, port: number } : { firewallMark, family };
}
