import { z } from "zod";
import { undefinedWithoutNetns } from "../errors";
import { netnsFileExists, pathOf } from "../host/netns";
import { netnsName } from "../schema/fields";
import { showLinks } from "../tools/ip/links";
import { defineFunction } from "./function";

export const getNetns = defineFunction({
  name: "getNetns",
  summary: "Reads a network namespace, or reports that there is none.",
  args: {
    /** Name, as `ip netns` lists it. */
    name: netnsName,
  },
  outputs: {
    /** Does a namespace with this name exist? */
    exists: z.boolean(),
    /** Its file in /run/netns. */
    path: z.string().optional(),
    /** The names of the links in it. */
    links: z.array(z.string()).optional(),
  },
  needs: ["ip"],
  async run(host, { name }) {
    const isThere = await netnsFileExists(host, name);
    const links = isThere ? await undefinedWithoutNetns(() => showLinks(host, name)) : undefined;
    return links ? { exists: true, path: pathOf(name), links: links.map(({ ifname }) => ifname) } : { exists: false };
  },
});
