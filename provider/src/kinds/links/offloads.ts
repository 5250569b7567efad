import { z } from "zod";
import { kernelChooses } from "../../schema/fields";
import { changeOffloads, type Offload, type Offloads, offloadNames, showOffloads } from "../../tools/ethtool";
import type { Link } from "../../tools/ip/links";
import type { SideInput } from "./side-inputs";

const isOn = () => z.boolean().optional().meta({ unset: kernelChooses });

export const offloadsInput = z
  .strictObject({
    /** Does the link verify checksums of received packets? */
    rx: isOn(),
    /**
     * Does the link compute checksums of sent packets? A link without hardware leaves them wrong, which programs that read
     * whole frames can see.
     */
    tx: isOn(),
    /** May the data of a packet be in several parts of memory? */
    sg: isOn(),
    /** Does the link split TCP packets? */
    tso: isOn(),
    /** Are packets split as late as possible? */
    gso: isOn(),
    /** Are received packets merged? */
    gro: isOn(),
    /** Does the link itself merge received packets? */
    lro: isOn(),
    /** Does the link remove VLAN tags? */
    rxvlan: isOn(),
    /** Does the link add VLAN tags? */
    txvlan: isOn(),
  })
  .optional()
  .meta({ unset: kernelChooses });

/** The kernel's default for a link that it made, if the link can change the offload. */
function defaultOf({ linkinfo }: Link, key: Offload): boolean {
  return key !== "lro" && !(key === "gro" && linkinfo?.info_kind === "veth");
}

export const offloads: SideInput = {
  tool: "ethtool",
  // The first values of hardware are unknown, and a bond has what its links have in common.
  isPossibleOn: ({ linkinfo }) => linkinfo?.info_kind !== undefined && linkinfo.info_kind !== "bond",
  valueIn: (args) => args?.offloads,

  async show(host, netns, link, isRequested) {
    const { offloads, fixed } = await showOffloads(host, netns, link.ifname);
    if (isRequested) return { offloads, fixedOffloads: fixed };
    const changed = offloadNames.filter((key) => !fixed.includes(key) && offloads[key] !== defaultOf(link, key));
    return changed.length > 0 ? { offloads: Object.fromEntries(changed.map((key) => [key, offloads[key]])) } : {};
  },

  async change(host, netns, link, value, before) {
    const request = value as Offloads | undefined;
    const wanted: { [K in Offload]?: boolean | undefined } = {};
    for (const key of offloadNames) {
      // After a run that died before it recorded the link, all its values count as wanted before.
      const isGone = (before as Offloads | undefined)?.[key] !== undefined && !link.fixedOffloads?.includes(key);
      wanted[key] = request?.[key] ?? (isGone ? defaultOf(link, key) : undefined);
    }
    const existing: Offloads = link.offloads ?? {};
    const missing = Object.entries(wanted).filter(([key, on]) => on !== undefined && existing[key as Offload] !== on);
    if (missing.length > 0) await changeOffloads(host, netns, link.ifname, Object.fromEntries(missing));
    return missing.length > 0;
  },
};
