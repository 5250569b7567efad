import { z } from "zod";
import { kernelChooses } from "../../schema/fields";
import { changeOffloads, type Offload, type Offloads, offloadNames, showOffloads } from "../../tools/ethtool";
import type { Link } from "../../tools/ip/links";
import type { SideInput } from "./side-inputs";

const isOn = () => z.boolean().optional().meta({ unset: kernelChooses });

export const offloadsInput = z
  .strictObject({
    /** Are checksums of incoming packets not looked at here? */
    rx: isOn(),
    /** Are checksums of outgoing packets left to the link? With a link that has no hardware they stay wrong, which programs that read whole frames see. */
    tx: isOn(),
    /** May the parts of a packet lie in several places? */
    sg: isOn(),
    /** Are TCP packets cut by the link? */
    tso: isOn(),
    /** Are packets cut as late as can be? */
    gso: isOn(),
    /** Are packets that come in put together? */
    gro: isOn(),
    /** Does the link put packets together? */
    lro: isOn(),
    /** Does the link take VLAN tags off? */
    rxvlan: isOn(),
    /** Does the link put VLAN tags on? */
    txvlan: isOn(),
  })
  .optional()
  .meta({ unset: kernelChooses });

/** What the kernel gives a link that it made, of those offloads that the link can change. */
function defaultOf({ linkinfo }: Link, key: Offload): boolean {
  return key !== "lro" && !(key === "gro" && linkinfo?.info_kind === "veth");
}

export const offloads: SideInput = {
  tool: "ethtool",
  // Of hardware nobody knows what it had at first; a bond has what its links have in common.
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
      // Of a link that a run made that died before it recorded that, all that it has counts as asked for.
      const isGone = (before as Offloads | undefined)?.[key] !== undefined && !link.fixedOffloads?.includes(key);
      wanted[key] = request?.[key] ?? (isGone ? defaultOf(link, key) : undefined);
    }
    const existing: Offloads = link.offloads ?? {};
    const missing = Object.entries(wanted).filter(([key, on]) => on !== undefined && existing[key as Offload] !== on);
    if (missing.length > 0) await changeOffloads(host, netns, link.ifname, Object.fromEntries(missing));
    return missing.length > 0;
  },
};
