import { z } from "zod";
import { type Args, inNetns } from "../../core/kind";
import { deviceName, ifName, integer, mac, mtu } from "../../schema/fields";
import type { Wanted } from "./former";
import { addressList } from "./options";
import { bridgePort } from "./ports";

type WithFormer = { readonly detail: { readonly former: Readonly<Record<string, unknown>> } } | undefined;

/** An input that is taken away is as it was before anybody asked for it. */
const former = (key: string) => ({ unset: (observed: WithFormer) => observed?.detail.former[key] });

/** The same inputs of a port, each of which is put back. */
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
  /** Name, `lo` too. The link must be there. */
  name: deviceName.meta({ replace: true, existing: true }),
  ...inNetns,
  /** IPv4 and IPv6 addresses with prefix length, `172.22.0.1/24`, without options; an Address has them. Others that the link has are left alone. */
  addresses: addressList.optional().meta({ ...addressList.meta(), unset: [] }),
  /** Largest packet in bytes. Default: as it is. */
  mtu: mtu.optional().meta(former("mtu")),
  /** MAC address, unicast. Default: as it is. */
  mac: mac.optional().meta(former("mac")),
  /** Is the link up? Of the `lo` of a Netns or a Pod, their `loopback` says so. Default: as it is. */
  up: z.boolean().optional().meta(former("up")),
  /** Does the link take frames that are not for it (`promisc`)? Default: as it is. */
  promiscuous: z.boolean().optional().meta(former("promiscuous")),
  /** Does the link ask for MAC addresses by ARP? Default: as it is. */
  arp: z.boolean().optional().meta(former("arp")),
  /** Does the link take part in multicast? Default: as it is. */
  multicast: z.boolean().optional().meta(former("multicast")),
  /** How the link makes its IPv6 link-local address when it comes up: from the MAC address, not at all, or from a secret that the kernel draws. Default: as it is. */
  addrgenmode: z.enum(["eui64", "none", "random"]).optional().meta(former("addrgenmode")),
  /** How many packets may wait to be sent (`txqueuelen`), 0 to 1000000. Default: as it is. */
  txQueueLength: integer(0, 1_000_000).optional().meta(former("txQueueLength")),
  /** Megabits a second at which it sends, 1 to 2147483647 (`ethtool -s`); what hardware cannot do, it refuses, and a veth or a bridge takes none. Needs the command `ethtool`. Default: as it is; one that was unknown stays as it was set. */
  speed: integer(1, 0x7fffffff).optional().meta(former("speed")),
  /** Does it send and take at the same time? As `speed`. Default: as it is. */
  duplex: z.enum(["half", "full"]).optional().meta(former("duplex")),
  /** Does it agree on a speed with the far end? As `speed`. Default: as it is. */
  autoneg: z.boolean().optional().meta(former("autoneg")),
  /** Link that this one is a port of, in the same namespace. Default: as it is. */
  master: ifName.optional().meta({ reference: "name", of: "master", ...former("master") }),
  /** May the bridge send a frame back out of the port that it came from? Default: as it is. */
  hairpin: z.boolean().optional().meta(former("hairpin")),
  /** What else a port of a bridge can be told; what is not named stays as it is. */
  bridgePort: formerPort,
} as const;

export type ExistingArgs = Args<typeof existingArgs>;

/** What it sets. */
export const existingInputs = Object.keys(existingArgs).filter((key) => key !== "name" && key !== "netns");
