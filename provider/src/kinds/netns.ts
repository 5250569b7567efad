import { z } from "zod";
import { hasCode, LocalnetError } from "../errors";
import { netnsName } from "../fields";
import type { Host } from "../host";
import { pause } from "../interrupt";
import { defineKind } from "../kind";
import { aliasOf, ip, type Link, netnsPids, ownerOf, showLink } from "../tools/ip";
import { entries, forget, share, unshare } from "../tools/ledger";

const patienceSeconds = 5;

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
    const lo = await loopback(host, name);
    if (!lo) return undefined;
    const marked = lo.ifalias !== undefined;
    const begun = !marked && (await entries(host, birthOf(name))).some((entry) => entry.owner === owner);
    const up = lo.flags.includes("UP");
    return { name, path: `/run/netns/${name}`, owner: begun ? owner : ownerOf(lo, owner), ready: marked && up };
  },

  async ensure(host, { name, owner }, seen) {
    if (seen?.owner === owner && seen.ready) return;
    if (!seen) await forget(host, name);
    // A namespace has no place for a mark of its own; its loopback has. Before that is set, the ledger tells whose it is.
    await share(host, birthOf(name), { owner });
    if (!seen) {
      await add(host, name).catch(async (error) => {
        if (!(await loopback(host, name))) await discard(host, name, owner);
        throw error;
      });
    }
    await ip(host, name, "link", "set", "dev", "lo", "up", ...aliasOf(owner));
    await unshare(host, birthOf(name), owner);
  },

  async remove(host, { name }) {
    // The kernel keeps a namespace, hidden and with all its links, for as long as a process is in it. One that only
    // looks, or takes away what is in there, is about to end.
    const deadline = Date.now() + patienceSeconds * 1000;
    let pids = await netnsPids(host, name);
    while (pids.length > 0 && Date.now() < deadline) {
      await pause(200);
      pids = await netnsPids(host, name);
    }
    if (pids.length) {
      throw new LocalnetError("LN_BUSY", `processes are still in this namespace: ${pids.join(", ")}`, {
        hint: "end them first",
      });
    }
    await host.run(["ip", "netns", "del", name]);
  },

  async tidy(host, { name, owner }) {
    await discard(host, name, owner);
    await forget(host, name);
  },

  imports: {
    parse: (name) => ({ name }),
    // A namespace is in itself.
    list: async (_host, netns) => (netns === undefined ? [] : [{ id: netns }]),
  },
});

/** What is left of a namespace that is not there. */
async function discard(host: Host, name: string, owner: string): Promise<void> {
  await unshare(host, birthOf(name), owner);
  if ((await loopback(host, name)) === null) await host.run(["ip", "netns", "del", name]);
}

function birthOf(name: string) {
  return { netns: undefined, what: `Netns ${name}` };
}

/** Undefined: there is no such namespace; null: there is a file of its name, which an ip that was killed on its way left. */
async function loopback(host: Host, name: string): Promise<Link | undefined | null> {
  try {
    return await showLink(host, name, "lo");
  } catch (error) {
    if (hasCode(error, "LN_NETNS")) return undefined;
    if (hasCode(error, "LN_COMMAND") && error.ran?.stderr?.includes("failed: Invalid argument")) return null;
    throw error;
  }
}

async function add(host: Host, name: string): Promise<void> {
  const argv = ["ip", "netns", "add", name];
  try {
    await host.run(argv);
  } catch (error) {
    if ((await loopback(host, name)) !== null) throw error;
    await host.run(["ip", "netns", "del", name]);
    await host.run(argv);
  }
}
