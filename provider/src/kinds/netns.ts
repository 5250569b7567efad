import { z } from "zod";
import { LocalnetError } from "../errors";
import { netnsName } from "../fields";
import { defineKind } from "../kind";
import { aliasOf, ip, netnsPids, ownerOf, showLink } from "../tools/ip";
import { forget } from "../tools/ledger";

export const netns = defineKind({
  type: "Netns",
  summary: "A network namespace, as `ip netns add` makes it, with its `lo` up.",
  args: {
    /** Name, as `ip netns` lists it, 1 to 64 characters. */
    name: netnsName.meta({ replace: true }),
  },
  outputs: {
    /** The file that stands for the namespace: /run/netns/NAME. */
    path: z.string(),
  },
  needs: ["ip"],
  /** `NAME` */
  id: ({ name }) => name,

  async observe(host, { name, owner }) {
    const lo = await showLink(host, name, "lo");
    return lo && { name, path: `/run/netns/${name}`, owner: ownerOf(lo, owner), loopbackUp: lo.flags.includes("UP") };
  },

  async ensure(host, { name, owner }, seen) {
    if (!seen) {
      await forget(host, name);
      await host.run(["ip", "netns", "add", name]);
    }
    // A namespace has no place for a mark of its own; its loopback has.
    if (seen?.owner !== owner || !seen.loopbackUp)
      await ip(host, name, "link", "set", "dev", "lo", "up", ...aliasOf(owner));
  },

  async remove(host, { name }) {
    // The kernel keeps a namespace, hidden and with all its links, for as long as a process is in it.
    const pids = await netnsPids(host, name);
    if (pids.length) {
      throw new LocalnetError("LN_BUSY", `processes are still in this namespace: ${pids.join(", ")}`, {
        hint: "end them first",
      });
    }
    await host.run(["ip", "netns", "del", name]);
  },

  async tidy(host, { name }) {
    await forget(host, name);
  },
});
