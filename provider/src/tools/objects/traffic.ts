import type { KernelObject } from "../../core/kernel-object";
import type { Host } from "../../host";
import { parseNetem } from "../netem";
import { hasBlock, type Qdisc, showQdiscs } from "../tc";
import { showAllFilters, type TcFilter } from "../tc-filters";

export const qdiscObjects = {
  name: "queueing disciplines",
  read: async (host: Host, netns: string | undefined): Promise<KernelObject[]> =>
    (await showQdiscs(host, netns)).map(qdiscObject),
};

function qdiscObject(qdisc: Qdisc): KernelObject {
  const { kind, dev: device, root, parent, handle, options } = qdisc;
  const place = root ? "root" : kind === "ingress" || kind === "clsact" ? "" : `parent ${parent}`;
  const isRoot = root === true || place === "";
  const netem = root && kind === "netem" ? parseNetem(options) : undefined;
  const what = ["qdisc", kind, "dev", device, place].filter(Boolean).join(" ");
  if (hasBlock(qdisc)) return { what, why: "no input puts its filters in a block", coveredBy: [] };
  return {
    what,
    why: `nothing that can be imported is the ${kind} of ${device}`,
    coveredBy: [
      { inputs: { device, kind, handle } },
      ...(isRoot ? [undefined, "root", "ingress", "clsact"] : [parent]).map((where) => ({
        inputs: { device, kind, parent: where },
      })),
      ...(netem ? [{ of: "link", inputs: { name: device, impairment: netem } }] : []),
    ],
  };
}

export const filterObjects = {
  name: "filters of packets",
  read: async (host: Host, netns: string | undefined): Promise<KernelObject[]> =>
    (await showAllFilters(host, netns)).map(filterObject),
};

function filterObject({ dev: device, parent, priority, protocol, kind, handle, number, why }: TcFilter): KernelObject {
  return {
    what: `filter dev ${device} ${parent} protocol ${protocol} pref ${priority} ${kind} ${handle}`,
    why: why ?? `no kind has filters of kind ${kind} and protocol ${protocol}`,
    coveredBy: number === undefined ? [] : [{ inputs: { device, parent, priority, handle: number } }],
  };
}
