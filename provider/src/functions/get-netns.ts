import { z } from "zod";
import { undefinedWithoutNetns } from "../errors";
import { netnsFileExists, pathOf } from "../host/netns";
import { netnsName } from "../schema/fields";
import { showLinks } from "../tools/ip/links";
import { defineFunction } from "./function";

export const getNetns = defineFunction({
  name: "getNetns",
  summary: "A network namespace that is there, or that it is not.",
  args: {
    /** Name, as `ip netns` lists it. */
    name: netnsName,
  },
  outputs: {
    /** Is there one of that name? */
    exists: z.boolean(),
    /** The file that stands for it. */
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
