import { z } from "zod";
import { defineKind } from "../../core/kind";
import type { Host } from "../../host";
import { netnsFileExists, pathOf } from "../../host/netns";
import { integer, netnsName } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type Link, parseLinks, showLinkCommand } from "../../tools/ip/links";
import { attach, hasProcess, isNameOf, readAttachment } from "./attached-namespace";
import { isLoopbackReady, markNamespace, newLoopback } from "./loopback";
import {
  abandonNamespace,
  beginNamespace,
  cleanUpNamespace,
  endNamespace,
  endStaleEntry,
  isOursToCleanUp,
  loopback,
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
     * Process whose namespace gets the name (`ip netns attach`), such as the first process of a running container. Deleting
     * the resource removes only the name: the namespace, its links and its processes remain, except objects of other
     * resources. `loopback` is not compared. If the process has ended, give the present one. Default: a new namespace is
     * made.
     */
    pid: integer(1, 4194304).optional().meta({ replace: true, stays: true }),
    /**
     * Files below /etc/netns/NAME, by name, such as "resolv.conf" and "hosts", each with its text of at most 1 MiB. `ip
     * netns exec`, and so a Process, sees each in place of the file with that name in /etc, which must exist; a Probe does
     * not. They are removed with the namespace. Other files there are not changed.
     */
    files: filesInput.optional().meta({ sensitive: true }),
  },
  outputs: {
    /** File of the namespace: /run/netns/NAME. */
    path: z.string(),
  },
  needs: ["ip"],
  *rules({ pid, loopback }) {
    if (pid !== undefined && !loopback) yield ["loopback", "must not be given with pid: the container decides"];
  },
  /** `NAME` */
  id: ({ name }) => name,
  disturbs: ({ name }) => [name],

  async observe(host, args, recorded) {
    // A namespace that is still to be made does not exist: one check of the name answers that for many at a time.
    if (!recorded && !(await netnsFileExists(host, args.name))) return undefined;
    const lo = await loopback(host, args.name);
    return lo ? observeAll(host, args, lo, recorded) : undefined;
  },

  async ensure(host, args, observed, recorded) {
    // Comes before anything is made, because another owner's file may have such a name.
    const writeFiles = await planFiles(host, args, recorded);
    const lo =
      args.pid === undefined
        ? await ensureNamespace(host, args, observed)
        : await ensureAttached(host, { ...args, pid: args.pid }, observed);
    await writeFiles?.();
    // Files that were taken away are read too.
    const files = args.files || recorded?.files ? { ...recorded?.files, ...args.files } : undefined;
    return lo && { observed: await observeAll(host, args, lo, { files }) };
  },

  async remove(host, args, { detail }) {
    if (detail.isAttached) await ipAll(host, undefined, [["netns", "del", args.name]]);
    else await removeNamespace(host, args);
  },
  async cleanUp(host, args, observed) {
    if (isOursToCleanUp(args, observed?.owner)) await cleanUpFiles(host, args);
    await cleanUpNamespace(host, args, observed?.owner);
  },

  noted: {
    // The entry of its files is in the namespace itself.
    parse: (name, netns) => ({ name: netns ?? name }),
    // An import also finds files that others wrote.
    recall: async (host, { name, owner }) => ({ files: await observeFiles(host, { name, owner }) }),
  },

  imports: {
    parse: (name) => ({ name }),
    // A namespace contains only itself.
    list: async (_host, netns) => (netns === undefined ? [] : [{ id: netns }]),
    async locate(host, args) {
      const files = await findFiles(host, args.name);
      return files ? { ...args, files } : args;
    },
    inputs: (_args, { inputs, detail }) => (detail.isAttached ? inputs : { ...inputs, loopback: detail.isLoopbackUp }),
  },
});

type Observed = Awaited<ReturnType<typeof observeAll>>;

/** The namespace, and those of its files that are ours. One that was made by hand has no wanted inputs. */
async function observeAll(
  host: Host,
  args: Parameters<typeof observeFiles>[1] & { readonly pid?: number | undefined },
  lo: Link,
  recorded?: { files?: Files | undefined },
) {
  const namespace = await observeEither(host, args, lo);
  const { isMarked, isAttached } = namespace.detail;
  const files = isMarked || isAttached || recorded ? await observeFiles(host, args, recorded) : undefined;
  return { ...namespace, inputs: { ...namespace.inputs, ...(files && { files }) } };
}

interface Inputs {
  readonly loopback?: boolean | undefined;
  readonly pid?: number | undefined;
}

/** Observes an attached namespace of ours, or any other one. */
async function observeEither(host: Host, args: Parameters<typeof observeAll>[1], lo: Link) {
  const { name, owner, pid } = args;
  const isMaybeAttached = pid !== undefined || lo.ifalias === undefined;
  const attachment = isMaybeAttached ? await readAttachment(host, args) : undefined;
  if (attachment) {
    const inputs: Inputs = { pid: (await hasProcess(host, attachment)) ? attachment.pid : undefined };
    const none = { isMarked: false, ...newLoopback };
    return { owner, inputs, outputs: { path: pathOf(name) }, detail: { ...none, isAttached: true } };
  }
  const { inputs, detail, ...rest } = await observeNamespace(host, args, lo);
  const isSameNamespace = pid !== undefined && (await isNameOf(host, { name, pid }));
  const observedInputs: Inputs = isSameNamespace ? { pid } : { ...inputs, pid: undefined };
  return {
    ...rest,
    inputs: observedInputs,
    detail: { ...detail, isAttached: false },
  };
}

/** Without a command, the namespace is not observed again. */
async function ensureAttached(
  host: Host,
  args: Parameters<typeof attach>[1],
  observed: Observed | undefined,
): Promise<undefined> {
  if (observed?.owner === args.owner && observed.detail.isAttached) return;
  await attach(host, args, observed !== undefined);
}

/** Returns the loopback link, if anything was changed. */
async function ensureNamespace(
  host: Host,
  args: Parameters<typeof markNamespace>[0] & { readonly name: string },
  observed: Observed | undefined,
): Promise<Link | undefined> {
  const { owner, detail } = observed ?? {};
  const isMarked = owner === args.owner && detail?.isMarked;
  if (isMarked) await endStaleEntry(host, args);
  if (isMarked && isLoopbackReady(args.loopback, detail)) return;
  try {
    if (!isMarked) await beginNamespace(host, args, observed !== undefined);
    const commands = [...markNamespace(args, detail), showLinkCommand("lo")];
    const [links = []] = await ipAll(host, args.name, commands);
    if (!isMarked) await endNamespace(host, args);
    const [lo] = parseLinks(links);
    return lo;
  } catch (error) {
    await abandonNamespace(host, args, !observed).catch(() => undefined);
    throw error;
  }
}
