import { z } from "zod";
import { isMark, ownerIn } from "../core/mark";
import { undefinedWithoutNetns } from "../errors";
import { deviceName, netnsName } from "../schema/fields";
import { addressesOf, showLink } from "../tools/ip/links";
import { defineFunction } from "./function";

export const getLink = defineFunction({
  name: "getLink",
  summary: "A link that is there, of any type, or that it is not.",
  args: {
    /** Name of the link. */
    name: deviceName.meta({ reference: "name", of: "link" }),
    /** Network namespace. Default: the host's own. */
    netns: netnsName.optional().meta({ reference: "name", of: "netns" }),
  },
  outputs: {
    /** Is there one of that name? */
    exists: z.boolean(),
    /** Number in its namespace. */
    ifindex: z.int().optional(),
    /** Type, as `ip -d link` shows it, such as "bridge"; "" for hardware and `lo`. */
    type: z.string().optional(),
    /** Is it set up? */
    up: z.boolean().optional(),
    /** Has it a carrier, such as the other end of a cable that is up? */
    carrier: z.boolean().optional(),
    /** Largest packet in bytes. */
    mtu: z.int().optional(),
    /** MAC address, where it has one. */
    mac: z.string().optional(),
    /** IPv4 and IPv6 addresses with prefix length, those of the kernel too. */
    addresses: z.array(z.string()).optional(),
    /** Link that it belongs to, such as its bridge. */
    master: z.string().optional(),
    /** The resource that it belongs to: `PROJECT/STACK/RESOURCE`. */
    owner: z.string().optional(),
  },
  needs: ["ip"],
  async run(host, { name, netns }) {
    const link = await undefinedWithoutNetns(() => showLink(host, netns, name));
    if (!link) return { exists: false };
    const { ifindex, mtu, address, master, flags, linkinfo, ifalias = "" } = link;
    return {
      ...{ exists: true, ifindex, mtu, master, addresses: addressesOf(link) },
      ...{ type: linkinfo?.info_kind ?? "", up: flags.includes("UP"), carrier: flags.includes("LOWER_UP") },
      mac: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address ?? "") ? address : undefined,
      owner: isMark(ifalias) ? ownerIn(ifalias, "") : undefined,
    };
  },
});
