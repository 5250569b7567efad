import { z } from "zod";
import { type Args, inNetns } from "../../core/kind";
import { deviceName, ifName, integer, mac, mtu } from "../../schema/fields";
import { namespaceOrHost } from "./created-in";
import type { Wanted } from "./existing-link-shares";
import { addressList } from "./options";
import { bridgePort } from "./ports";

type WithFormer = { readonly detail: { readonly former: Readonly<Record<string, unknown>> } } | undefined;

/** An input that is taken away gets the value from before any resource set it. */
const former = (key: string) => ({ unset: (observed: WithFormer) => observed?.detail.former[key] });

/** The same inputs of a port. Each is restored. */
const formerPort = z
  .strictObject(
    Object.fromEntries(
      Object.entries(bridgePort.unwrap().shape).map(([key, field]) => {
        const unset = (observed: WithFormer) => (observed?.detail.former.bridgePort as Wanted | undefined)?.[key];
        return [key, field.meta({ ...field.meta(), unset })];
      }),
    ),
  )
  .optional()
  .meta(former("bridgePort")) as unknown as typeof bridgePort;

export const existingArgs = {
  /** Name; `lo` is possible too. The link must exist. */
  name: deviceName.meta({ replace: true, existing: true }),
  ...inNetns,
  /**
   * Network namespace that the link is in before, and that it is moved from into `netns`; destroy moves it back. `"/"`: the
   * host's own. A move sets the link down, and its settings begin anew. One with addresses, a master, routes or a queueing
   * discipline is not moved. Default: it is in `netns` already.
   */
  from: namespaceOrHost.optional().meta({ replace: true, reference: "name", of: "netns" }),
  /**
   * IPv4 and IPv6 addresses with prefix length, `172.22.0.1/24`. An address with options needs an Address. Other addresses
   * of the link are not changed.
   */
  addresses: addressList.optional().meta({ ...addressList.meta(), unset: [] }),
  /** Largest packet in bytes. Default: unchanged. */
  mtu: mtu.optional().meta(former("mtu")),
  /** MAC address, unicast. Default: unchanged. */
  mac: mac.optional().meta(former("mac")),
  /** Is the link up? For the `lo` of a Netns or a Pod, use their `loopback`. Default: unchanged. */
  up: z.boolean().optional().meta(former("up")),
  /** Does the link receive frames for other MAC addresses (`promisc`)? Default: unchanged. */
  promiscuous: z.boolean().optional().meta(former("promiscuous")),
  /** Does the link use ARP to find MAC addresses? Default: unchanged. */
  arp: z.boolean().optional().meta(former("arp")),
  /** Does the link take part in multicast? Default: unchanged. */
  multicast: z.boolean().optional().meta(former("multicast")),
  /**
   * How the link generates its IPv6 link-local address when it comes up: from the MAC address, not at all, or from a random
   * secret of the kernel. Default: unchanged.
   */
  addrgenmode: z.enum(["eui64", "none", "random"]).optional().meta(former("addrgenmode")),
  /** Most packets that may wait to be sent (`txqueuelen`). Default: unchanged. */
  txQueueLength: integer(0, 1_000_000).optional().meta(former("txQueueLength")),
  /**
   * Speed in megabits per second (`ethtool -s`). Hardware refuses speeds that it does not support, and a veth or a bridge
   * refuses all. Needs the command `ethtool`. Default: unchanged; an unknown one cannot be restored.
   */
  speed: integer(1, 0x7fffffff).optional().meta(former("speed")),
  /** Does it send and receive at the same time? Otherwise like `speed`. Default: unchanged. */
  duplex: z.enum(["half", "full"]).optional().meta(former("duplex")),
  /** Does it negotiate the speed with the other end? Otherwise like `speed`. Default: unchanged. */
  autoneg: z.boolean().optional().meta(former("autoneg")),
  /** Link that this one is a port of, in the same namespace. Default: unchanged. */
  master: ifName.optional().meta({ reference: "name", of: "master", ...former("master") }),
  /** May the bridge send a frame back through the port that it came from? Default: unchanged. */
  hairpin: z.boolean().optional().meta(former("hairpin")),
  /** Other options of a bridge's port. Those that are not named stay unchanged. */
  bridgePort: formerPort,
} as const;

export type ExistingArgs = Args<typeof existingArgs>;

/** The inputs that set something. */
export const existingInputs = Object.keys(existingArgs).filter((key) => !["name", "netns", "from"].includes(key));
