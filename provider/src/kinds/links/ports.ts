import { z } from "zod";
import { integer, kernelChooses } from "../../schema/fields";
import type { Link } from "../../tools/ip/links";
import { vlansInput } from "./vlans";

const isOn = (unset: boolean) => z.boolean().optional().meta({ unset });

/** The kernel's defaults for a port of a bridge. */
const unset = {
  isolated: false,
  learning: true,
  flood: true,
  neighSuppress: false,
  priority: 32,
  groupForwardMask: 0,
} as const;

export const bridgePort = z
  .strictObject({
    /** Is the port kept from sending to other isolated ports? Default: the kernel's choice, false. */
    isolated: isOn(unset.isolated),
    /** Does the bridge learn MAC addresses from frames that come in by the port? Default: the kernel's choice, true. */
    learning: isOn(unset.learning),
    /** Does the port get frames for MAC addresses that the bridge has not learnt? Default: the kernel's choice, true. */
    flood: isOn(unset.flood),
    /**
     * Does the bridge answer ARP requests and neighbour solicitations for machines behind the port (`neigh_suppress`)?
     * Default: the kernel's choice, false.
     */
    neighSuppress: isOn(unset.neighSuppress),
    /**
     * Cost in the spanning tree. When it is taken away, the link leaves the bridge for a moment. Default: the kernel's
     * choice, by the link's speed.
     */
    cost: integer(1, 65535).optional().meta({ unset: kernelChooses }),
    /** Priority in the spanning tree; lower is better. Default: the kernel's choice, 32. */
    priority: integer(0, 63).optional().meta({ unset: unset.priority }),
    /**
     * Which incoming frames for 01:80:C2:00:00:0X are forwarded, a bit for each X (`group_fwd_mask`), without bit 1, which
     * is for pause frames: 4 is LACP. Default: the kernel's choice, 0.
     */
    groupForwardMask: integer(0, 65535)
      .refine((mask) => (mask & 2) === 0, "must be without bit 1 (0x2), which is for pause frames")
      .optional()
      .meta({ unset: unset.groupForwardMask }),
    /**
     * All VLANs of the port: the number of each in `vid`, or several as in `10-20`; whether frames without a tag that come
     * in belong to it (`pvid`), and whether its frames go out without a tag (`untagged`). The VLAN that the bridge gives to
     * new ports (`vlanDefaultPvid`) must be listed too if the port is to keep it. Needs the command `bridge`. Default: the
     * kernel's choice, the bridge's one.
     */
    vlans: vlansInput,
  })
  .optional()
  .meta({ unset });

type Slave = Readonly<Record<string, unknown>>;
const slaveOf = ({ linkinfo }: Link): Slave => linkinfo?.info_slave_data ?? {};
const onOff = (on: boolean) => (on ? "on" : "off");
const flag = (word: string, otherwise: boolean) => ({
  words: (on: boolean) => [word, onOff(on)],
  read: (slave: Slave) => (slave[word] ?? otherwise) === true,
});
const number = (word: string, otherwise?: number) => ({
  words: (value: number | undefined) => (value === undefined ? [] : [word, String(value)]),
  read: (slave: Slave) => (slave[word] ?? otherwise) as number | undefined,
});

const bridgePortOptions = {
  isolated: flag("isolated", unset.isolated),
  learning: flag("learning", unset.learning),
  flood: flag("flood", unset.flood),
  neighSuppress: flag("neigh_suppress", unset.neighSuppress),
  cost: number("cost"),
  priority: number("priority", unset.priority),
  groupForwardMask: {
    words: (mask: number) => ["group_fwd_mask", String(mask)],
    // ip prints it in hexadecimal.
    read: (slave: Slave) => Number(slave.group_fwd_mask ?? unset.groupForwardMask),
  },
} as const;

/** The words of `ip link set dev NAME type bridge_slave` for a port, and the values that a link has without a bridge. */
export const portOptions = {
  hairpin: {
    words: (on: boolean) => ["hairpin", onOff(on)],
    read: (link: Link) => slaveOf(link).hairpin === true,
  },
  bridgePort: {
    words: (wanted: Readonly<Record<string, unknown>>, existing?: Readonly<Record<string, unknown>>) =>
      Object.entries(bridgePortOptions).flatMap(([key, { words }]) =>
        key in wanted && wanted[key] !== existing?.[key] ? words(wanted[key] as never) : [],
      ),
    read: (link: Link) => ({
      ...Object.fromEntries(Object.entries(bridgePortOptions).map(([key, { read }]) => [key, read(slaveOf(link))])),
      vlans: link.vlans,
    }),
  },
} as const;

/** The options of a port that differ from the kernel's defaults. */
export function changedPortOptions(observed: Slave): Slave | undefined {
  const changed = Object.entries(unset).filter(([key, value]) => (observed[key] ?? value) !== value);
  const keys = [...changed.map(([key]) => key), ...(observed.vlans ? ["vlans"] : [])];
  return keys.length > 0 ? Object.fromEntries(keys.map((key) => [key, observed[key]])) : undefined;
}
