import { z } from "zod";
import { defineKind } from "../../core/kind";
import { netnsFileExists } from "../../host/netns";
import { netnsName } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { parseLinks, showLinkCommand } from "../../tools/ip/links";
import {
  beginNamespace,
  cleanUpNamespace,
  endMarkedNamespace,
  endNamespace,
  endStaleEntry,
  loopback,
  markNamespace,
  namespaceArgs,
  observeNamespace,
  removeNamespace,
} from "./namespace";

export const netns = defineKind({
  type: "Netns",
  tags: ["netns"],
  summary: "A network namespace, as `ip netns add` makes it, with its `lo` up.",
  args: {
    /** Name, as `ip netns` lists it, 1 to 64 characters. */
    name: netnsName.meta({ replace: true }),
    ...namespaceArgs,
  },
  outputs: {
    /** The file that stands for the namespace: /run/netns/NAME. */
    path: z.string(),
  },
  needs: ["ip"],
  /** `NAME` */
  id: ({ name }) => name,
  disturbs: ({ name }) => [name],

  async observe(host, args, recorded) {
    // One that is to be made is not there: its name tells that for many at a time.
    if (!recorded && !(await netnsFileExists(host, args.name))) return undefined;
    const lo = await loopback(host, args.name);
    return lo ? observeNamespace(host, args, lo) : undefined;
  },

  async ensure(host, args, observed) {
    const { owner, detail, inputs } = observed ?? {};
    const isMarked = owner === args.owner && detail?.isMarked;
    if (isMarked) await endStaleEntry(host, args);
    if (isMarked && inputs?.loopback === args.loopback) return;
    if (!isMarked) await beginNamespace(host, args, observed !== undefined);
    const commands = [...markNamespace(args, detail?.hasLoopbackAddress), showLinkCommand("lo")];
    const [links = []] = await ipAll(host, args.name, commands).catch(async (error) => {
      await endMarkedNamespace(host, args);
      throw error;
    });
    if (!isMarked) await endNamespace(host, args);
    const [lo] = parseLinks(links);
    return { observed: lo && (await observeNamespace(host, args, lo)) };
  },

  remove: (host, args) => removeNamespace(host, args),
  cleanUp: (host, args, observed) => cleanUpNamespace(host, args, observed?.owner),

  imports: {
    parse: (name) => ({ name }),
    // A namespace is in itself.
    list: async (_host, netns) => (netns === undefined ? [] : [{ id: netns }]),
  },
});
