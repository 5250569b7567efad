import { z } from "zod";
import { defineKind } from "../../core/kind";
import type { Host } from "../../host";
import { netnsFileExists } from "../../host/netns";
import { netnsName } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type Link, parseLinks, showLinkCommand } from "../../tools/ip/links";
import {
  abandonNamespace,
  beginNamespace,
  cleanUpNamespace,
  endNamespace,
  endStaleEntry,
  isOursToCleanUp,
  loopback,
  markNamespace,
  namespaceArgs,
  observeNamespace,
  removeNamespace,
} from "./namespace";
import { cleanUpFiles, type Files, filesInput, findFiles, observeFiles, planFiles } from "./namespace-files";

export const netns = defineKind({
  type: "Netns",
  tags: ["netns"],
  summary: "A network namespace, as `ip netns add` makes it, with its `lo` up.",
  args: {
    /** Name, as `ip netns` lists it, 1 to 64 characters. */
    name: netnsName.meta({ replace: true }),
    ...namespaceArgs,
    /**
     * Files below /etc/netns/NAME, by their names, such as "resolv.conf" and "hosts": what they hold, at most 1 MiB of
     * text each. `ip netns exec`, and so a Process, sees each in place of the file of that name in /etc, which has to be
     * there; a Probe does not. They go with the namespace. Others that are there are left alone.
     */
    files: filesInput.optional().meta({ sensitive: true }),
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
    return lo ? observeAll(host, args, lo, recorded) : undefined;
  },

  async ensure(host, args, observed, recorded) {
    // Before anything is made: another's file may be in the way.
    const writeFiles = await planFiles(host, args, recorded);
    const lo = await ensureNamespace(host, args, observed);
    await writeFiles?.();
    // Those that were taken away are looked for too.
    const files = args.files || recorded?.files ? { ...recorded?.files, ...args.files } : undefined;
    return lo && { observed: await observeAll(host, args, lo, { files }) };
  },

  remove: (host, args) => removeNamespace(host, args),
  async cleanUp(host, args, observed) {
    if (isOursToCleanUp(args, observed?.owner)) await cleanUpFiles(host, args);
    await cleanUpNamespace(host, args, observed?.owner);
  },

  noted: {
    // The entry of its files is in the namespace itself.
    parse: (name, netns) => ({ name: netns ?? name }),
    // An import finds others' files too.
    recall: async (host, { name, owner }) => ({ files: await observeFiles(host, { name, owner }) }),
  },

  imports: {
    parse: (name) => ({ name }),
    // A namespace is in itself.
    list: async (_host, netns) => (netns === undefined ? [] : [{ id: netns }]),
    async locate(host, args) {
      const files = await findFiles(host, args.name);
      return files ? { ...args, files } : args;
    },
    inputs: (_args, { inputs, detail }) => ({ ...inputs, loopback: detail.isLoopbackUp }),
  },
});

type Observed = Awaited<ReturnType<typeof observeNamespace>>;

/** The namespace, and of its files those that are ours. One that was made by hand says nothing of what somebody wants. */
async function observeAll(
  host: Host,
  args: Parameters<typeof observeFiles>[1],
  lo: Link,
  recorded?: { files?: Files | undefined },
) {
  const namespace = await observeNamespace(host, args, lo);
  const files = namespace.detail.isMarked || recorded ? await observeFiles(host, args, recorded) : undefined;
  return { ...namespace, inputs: { ...namespace.inputs, ...(files && { files }) } };
}

/** Its loopback, where anything was to be done. */
async function ensureNamespace(
  host: Host,
  args: Parameters<typeof markNamespace>[0],
  observed: Observed | undefined,
): Promise<Link | undefined> {
  const { owner, detail, inputs } = observed ?? {};
  const isMarked = owner === args.owner && detail?.isMarked;
  if (isMarked) await endStaleEntry(host, args);
  if (isMarked && inputs?.loopback === args.loopback) return;
  try {
    if (!isMarked) await beginNamespace(host, args, observed !== undefined);
    const commands = [...markNamespace(args, detail?.hasLoopbackAddress), showLinkCommand("lo")];
    const [links = []] = await ipAll(host, args.name, commands);
    if (!isMarked) await endNamespace(host, args);
    const [lo] = parseLinks(links);
    return lo;
  } catch (error) {
    await abandonNamespace(host, args, !observed).catch(() => undefined);
    throw error;
  }
}
