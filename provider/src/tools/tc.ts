import { z } from "zod";
import { hasCode, LocalnetError } from "../errors";
import { cached, type Host, usesReadCache } from "../host";
import { enter } from "../host/netns";
import { parseJson } from "./ip/json";

const qdiscJson = z.object({
  kind: z.string(),
  handle: z.string(),
  dev: z.string().optional(),
  root: z.boolean().optional(),
  parent: z.string().optional(),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Qdisc = z.output<typeof qdiscJson> & { readonly dev: string };

/** The kernel gives those that it chooses itself no number. */
export const kernelHandle = "0:";

/** The queueing disciplines of a namespace, or of one link in it. */
async function listQdiscs(host: Host, netns: string | undefined, device?: string): Promise<Qdisc[]> {
  const argv = ["tc", "-j", "qdisc", "show", ...(device === undefined ? [] : ["dev", device])];
  const { stdout } = await host.run(enter(netns, argv));
  const all = z.array(qdiscJson).parse(parseJson(stdout || "[]"));
  // Of one link, tc does not say again which.
  return all.map((each) => ({ ...each, dev: each.dev ?? device ?? "" }));
}

/** Those of a namespace, but for those that the kernel chose. */
export function showQdiscs(host: Host, netns: string | undefined): Promise<Qdisc[]> {
  return cached(host, `qdiscs ${netns ?? ""}`, async () =>
    (await listQdiscs(host, netns)).filter(({ handle }) => handle !== kernelHandle),
  );
}

/** What a link sends through, where somebody chose it. */
export async function showRootQdisc(host: Host, netns: string | undefined, device: string): Promise<Qdisc | undefined> {
  const all = usesReadCache() ? await showQdiscs(host, netns) : await listQdiscs(host, netns, device);
  return all.find(({ dev, root, handle }) => dev === device && root && handle !== kernelHandle);
}

/** Runs a command of tc that changes something; `module` has what it is about. */
export async function changeTc(
  host: Host,
  netns: string | undefined,
  words: readonly string[],
  module: string,
): Promise<void> {
  try {
    await host.run(enter(netns, ["tc", ...words]));
  } catch (error) {
    if (
      !hasCode(error, "LN_COMMAND") ||
      !/kind is unknown|classifier not found|load TC action module/.test(error.ran?.stderr ?? "")
    )
      throw error;
    const hint = `load its kernel module: modprobe ${module}; a kernel without it has to be replaced`;
    throw new LocalnetError("LN_KERNEL", `the running kernel lacks ${module}`, { ran: error.ran, hint });
  }
}
