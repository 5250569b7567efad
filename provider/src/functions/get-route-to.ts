import { z } from "zod";
import { undefinedWithoutNetns } from "../errors";
import { address, netnsName } from "../schema/fields";
import { showLink } from "../tools/ip/links";
import { routeTo } from "../tools/ip/routes";
import { defineFunction } from "./function";

export const getRouteTo = defineFunction({
  name: "getRouteTo",
  summary: "Finds the link that packets to an address leave by, or reports that there is no route (`ip route get`).",
  args: {
    /** Destination address. */
    address,
    /** Network namespace. Default: the host's own. */
    netns: netnsName.optional().meta({ reference: "name", of: "netns" }),
  },
  outputs: {
    /** Is there a route? */
    exists: z.boolean(),
    /** Is it an address of the host itself? */
    local: z.boolean().optional(),
    /** Link that packets leave by. */
    device: z.string().optional(),
    /** Next hop, unless the address is on the link's own network. */
    via: z.string().optional(),
    /** Address that packets are sent from. */
    source: z.string().optional(),
    /** Largest packet in bytes: that of the route, or of the link. */
    mtu: z.int().optional(),
  },
  needs: ["ip"],
  async run(host, { address, netns }) {
    const route = await undefinedWithoutNetns(() => routeTo(host, netns, address));
    if (!route?.dev) return { exists: false };
    const link = await showLink(host, netns, route.dev);
    return {
      ...{ exists: true, local: route.type === "local", device: route.dev, via: route.gateway ?? route.via?.host },
      ...{ source: route.prefsrc, mtu: route.metrics?.find(({ mtu }) => mtu)?.mtu ?? link?.mtu },
    };
  },
});
