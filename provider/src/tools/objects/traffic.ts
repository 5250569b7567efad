import { z } from "zod";
import type { KernelObject } from "../../core/kernel-object";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { parseJson } from "../ip/json";

const qdiscJson = z.object({
  kind: z.string(),
  handle: z.string(),
  dev: z.string(),
  root: z.boolean().optional(),
  parent: z.string().optional(),
});
type Qdisc = z.output<typeof qdiscJson>;

/** The kernel gives those that it chooses itself no number. */
const kernelHandle = "0:";

export const qdiscObjects = {
  name: "queueing disciplines",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const { stdout } = await host.run(enter(netns, ["tc", "-j", "qdisc", "show"]));
    const all = z.array(qdiscJson).parse(parseJson(stdout || "[]"));
    return all.filter(({ handle }) => handle !== kernelHandle).map(qdiscObject);
  },
};

function qdiscObject({ kind, dev: device, root, parent, handle }: Qdisc): KernelObject {
  const place = root ? "root" : kind === "ingress" || kind === "clsact" ? "" : `parent ${parent}`;
  const isRoot = root === true || place === "";
  return {
    what: ["qdisc", kind, "dev", device, place].filter(Boolean).join(" "),
    why: `nothing that can be imported is the ${kind} of ${device}`,
    saidBy: [
      { inputs: { device, kind, handle } },
      ...(isRoot ? [undefined, "root", "ingress", "clsact"] : [parent]).map((where) => ({
        inputs: { device, kind, parent: where },
      })),
    ],
  };
}
