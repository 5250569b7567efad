import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { pause } from "../../host/interrupt";
import { showProgress } from "../../host/operation";
import { anyPort, at, familyOf, number32, parseAt, port, seconds, unicast } from "../../schema/fields";
import { findServices, listThresholds, showService, whyNoIpvs } from "../../tools/ipvsadm";
import { changeService } from "../../tools/ipvsadm-batch";
import {
  endpoint,
  forwardingOptions,
  parseEndpoint,
  parseServiceId,
  type ServiceKey,
  serviceArgs,
  serviceId,
  type TunnelType,
  tunnelTypes,
} from "../../tools/ipvsadm-service";

interface BackendArgs extends Settings {
  readonly service: string;
  readonly netns?: string | undefined;
  readonly address: string;
  readonly port: number;
}

interface Settings {
  readonly forwarding: keyof typeof forwardingOptions;
  readonly weight: number;
  readonly tunnelType?: TunnelType | undefined;
  readonly tunnelPort?: number | undefined;
  readonly upperThreshold?: number | undefined;
  readonly lowerThreshold?: number | undefined;
}

export const ipvsBackend = defineKind({
  type: "IpvsBackend",
  summary: "A backend (real server) of an IPVS service.",
  args: {
    /** The service, or its id, `tcp/172.23.0.1:8080`. */
    service: z
      .string()
      .refine((id) => parseServiceId(id) !== undefined, "must be the id of a service: tcp/ADDRESS:PORT, or fwmark/MARK")
      .meta({ replace: true, reference: "id", of: "IpvsService" }),
    ...inNetns,
    /** The backend's address, or a resource that has one; for a VethPair, the address of the other end. */
    address: unicast.meta({ replace: true, reference: "address", of: "addressed" }),
    /** The backend's port; with forwarding gateway or tunnel, the service's own. 0: the port that the packet was sent to. */
    port: anyPort.meta({ replace: true }),
    /** Share of the connections; 0: it gets no new ones. */
    weight: z
      .int("must be a whole number")
      .min(0, "must not be negative")
      .max(2147483647, "must be at most 2147483647")
      .default(1),
    /** How packets reach the backend: masquerade (NAT), gateway (direct routing) or tunnel (IP in IP). */
    forwarding: z
      .enum(["masquerade", "gateway", "tunnel"], { error: "must be masquerade, gateway or tunnel" })
      .default("masquerade"),
    /** Encapsulation of a tunnel: ipip (IP in IP), gue or gre. Only with forwarding tunnel. */
    tunnelType: z.enum(tunnelTypes, { error: `must be one of ${tunnelTypes.join(", ")}` }).default("ipip"),
    /** UDP port of the other end of a gue tunnel; needed for gue, and only there. */
    tunnelPort: port.optional(),
    /** Above so many connections, it gets no new ones; 0: no limit. Default: 0. */
    upperThreshold: number32.optional().meta({ unset: 0 }),
    /** After `upperThreshold` was reached, it gets new connections again below this number. Default: 0. */
    lowerThreshold: number32.optional().meta({ unset: 0 }),
    /** Seconds that destroy waits, with weight 0, before it removes the backend. */
    drainSeconds: seconds.default(0),
  },
  outputs: {},
  needs: ["ipvsadm"],
  unmarked: true,
  namespace: (args) => where(args).netns,
  /** `SERVICE/ADDRESS:PORT@NETNS` */
  id: (args) => {
    const { key, netns } = where(args);
    return idOf(key, args, netns);
  },

  *rules(args) {
    const { key, netns } = where(args);
    if (args.netns !== undefined && args.netns !== netns) yield ["netns", "must be the service's"];
    if (args.forwarding !== "tunnel" && "address" in key && familyOf(key.address) !== familyOf(args.address))
      yield ["forwarding", "must be tunnel for a backend of another IP version than the service's"];
    if (args.forwarding !== "masquerade" && "port" in key && key.port !== args.port) {
      yield ["port", `must be the service's, ${key.port}, with forwarding ${args.forwarding}`];
    }
    if (args.upperThreshold !== undefined && (args.lowerThreshold ?? 0) > args.upperThreshold) {
      yield ["lowerThreshold", "must not be above upperThreshold"];
    }
    if (args.tunnelType !== "ipip" && args.forwarding !== "tunnel") yield ["tunnelType", "needs forwarding tunnel"];
    if ((args.tunnelPort !== undefined) !== (args.tunnelType === "gue"))
      yield ["tunnelPort", args.tunnelPort === undefined ? "is needed with tunnelType gue" : "needs tunnelType gue"];
    if (args.lowerThreshold && !args.upperThreshold) yield ["lowerThreshold", "needs upperThreshold"];
  },

  unavailable: whyNoIpvs,

  async observe(host, args, recorded) {
    const { key, netns } = where(args);
    const service = await showService(host, netns, key);
    const backend = service?.backends.find((each) => each.address === args.address && each.port === args.port);
    if (!backend) return undefined;
    const limited = [args, recorded].some(
      (each) => each?.upperThreshold !== undefined || each?.lowerThreshold !== undefined,
    );
    const limits = limited
      ? (await listThresholds(host, netns, key)).get(endpoint(args.address, args.port))
      : undefined;
    return {
      // No mark: a backend cannot carry one.
      owner: null,
      inputs: {
        weight: backend.weight,
        forwarding: backend.forwarding,
        tunnelType: backend.tunnelType ?? "ipip",
        tunnelPort: backend.tunnelPort,
        ...(limits && { upperThreshold: limits.upper, lowerThreshold: limits.lower }),
      },
      outputs: {},
    };
  },

  async ensure(host, args, observed) {
    if (observed && isDeepStrictEqual(backendWords(args), backendWords(observed.inputs))) return;
    await changeService(host, where(args).netns, [observed ? "-e" : "-a", ...selector(args), ...backendWords(args)]);
  },

  async remove(host, args, { inputs: { weight } }) {
    const { netns } = where(args);
    if (args.drainSeconds > 0 && weight > 0) {
      await changeService(host, netns, ["-e", ...selector(args), ...backendWords({ ...args, weight: 0 })]);
      showProgress(`waiting ${args.drainSeconds} s for its connections to end (drainSeconds)`);
      await pause(args.drainSeconds * 1000);
    }
    await changeService(host, netns, ["-d", ...selector(args)]);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, service = "", end = ""] = /^(.*)\/([^/]+)$/.exec(name) ?? [];
      const backend = parseEndpoint(end);
      return backend && { service: at(service, netns), ...backend };
    },
    async list(host, netns) {
      const services = await findServices(host, netns);
      return services.flatMap(({ key, backends }) => backends.map((backend) => ({ id: idOf(key, backend, netns) })));
    },
    locate: async (_host, args) => ({ ...args, upperThreshold: 0, lowerThreshold: 0 }),
    inputs: (_args, { inputs }) => ({
      ...inputs,
      upperThreshold: inputs.upperThreshold || undefined,
      lowerThreshold: inputs.lowerThreshold || undefined,
    }),
  },
});

function idOf(
  key: ServiceKey,
  { address, port }: Pick<BackendArgs, "address" | "port">,
  netns: string | undefined,
): string {
  return at(`${serviceId(key)}/${endpoint(address, port)}`, netns);
}

function where(args: BackendArgs) {
  const service = parseServiceId(args.service);
  if (!service) throw new TypeError(`not the id of a service: ${args.service}`);
  return { key: service.key, netns: service.netns ?? args.netns };
}

function selector(args: BackendArgs): string[] {
  return [...serviceArgs(where(args).key), "-r", endpoint(args.address, args.port)];
}

/** All options, for a change too: it resets those that it does not name. */
export function backendWords(settings: Settings): string[] {
  const { forwarding, weight, tunnelType = "ipip", tunnelPort, upperThreshold = 0, lowerThreshold = 0 } = settings;
  return [
    forwardingOptions[forwarding],
    ...(forwarding === "tunnel" ? ["--tun-type", tunnelType] : []),
    ...(forwarding === "tunnel" && tunnelPort ? ["--tun-port", String(tunnelPort)] : []),
    "-w",
    String(weight),
    "-x",
    String(upperThreshold),
    "-y",
    String(lowerThreshold),
  ];
}
