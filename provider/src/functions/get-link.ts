import { z } from "zod";
import { isMark, ownerIn } from "../core/mark";
import { undefinedWithoutNetns } from "../errors";
import { deviceName, netnsName } from "../schema/fields";
import { addressesOf } from "../tools/ip/link-addresses";
import { showLink } from "../tools/ip/links";
import { defineFunction } from "./function";

export const getLink = defineFunction({
  name: "getLink",
  summary: "Reads a link of any type, or reports that there is none.",
  args: {
    /** Name of the link. */
    name: deviceName.meta({ reference: "name", of: "link" }),
    /** Network namespace. Default: the host's own. */
    netns: netnsName.optional().meta({ reference: "name", of: "netns" }),
  },
  outputs: {
    /** Does a link with this name exist? */
    exists: z.boolean(),
    /** Number in its namespace. */
    ifindex: z.int().optional(),
    /** Type, as `ip -d link` shows it, such as "bridge"; "" for hardware and `lo`. */
    type: z.string().optional(),
    /** Is it set up? */
    up: z.boolean().optional(),
    /** Does it have a carrier, such as a cable whose other end is up? */
    carrier: z.boolean().optional(),
    /** Largest packet in bytes. */
    mtu: z.int().optional(),
    /** MAC address, if it has one. */
    mac: z.string().optional(),
    /** IPv4 and IPv6 addresses with prefix length, including those that the kernel made. */
    addresses: z.array(z.string()).optional(),
    /** Link that it belongs to, such as its bridge. */
    master: z.string().optional(),
    /** The resource that owns it: `PROJECT/STACK/RESOURCE`. */
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
