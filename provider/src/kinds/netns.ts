import { z } from "zod";
import { hasCode, LocalnetError } from "../errors";
import { netnsName } from "../fields";
import type { Host } from "../host";
import { pause } from "../interrupt";
import { defineKind } from "../kind";
import { ip, isNamed, netnsPids } from "../tools/ip";
import { ipAll } from "../tools/ip-batch";
import { entries, forget, share, unshare } from "../tools/ledger";
import { aliasOf, type Link, ownerOf, showLink } from "../tools/links";

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

  async observe(host, { name, owner }, recorded) {
    // One that is to be made is not there: its name tells that for many at a time.
    if (!recorded && !(await isNamed(host, name))) return undefined;
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
    await ipAll(host, undefined, [["netns", "del", name]]);
  },

  async tidy(host, { name, owner, imported }, seen) {
    await discard(host, name, owner);
    // In another's namespace of that name there may be what others have written down.
    if (!seen || seen.owner === owner || imported) await forget(host, name);
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
  if ((await isNamed(host, name)) && (await loopback(host, name)) === null)
    await ipAll(host, undefined, [["netns", "del", name]]);
}

function birthOf(name: string) {
  return { netns: undefined, what: `Netns ${name}` };
}

/** Undefined: there is no such namespace; null: there is a file of its name, which an ip that was killed on its way left. */
async function loopback(host: Host, name: string): Promise<Link | undefined | null> {
  try {
    return await showLink(host, name, "lo");
  } catch (error) {
    if (!hasCode(error, "LN_NETNS")) throw error;
    return error.ran?.stderr?.includes("failed: Invalid argument") ? null : undefined;
  }
}

async function add(host: Host, name: string): Promise<void> {
  const add = () => ipAll(host, undefined, [["netns", "add", name]]);
  try {
    await add();
  } catch (error) {
    if ((await loopback(host, name)) !== null) throw error;
    await ipAll(host, undefined, [["netns", "del", name]]);
    await add();
  }
}
