import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Host } from "../../host";
import { integer, kernelChooses } from "../../schema/fields";
import { changeVlans, showVlans, type VlanFlags } from "../../tools/bridge-vlans";
import { type Link, showLink } from "../../tools/ip/links";
import type { SideInput } from "./side-inputs";

type Vlans = Map<number, VlanFlags>;

const most = 4094;
const vlan = z.strictObject({
  /** Number of the VLAN, 1 to 4094, or several: `10-20`. */
  vid: z.union([
    integer(1, most),
    z.string().regex(/^[1-9]\d{0,3}-[1-9]\d{0,3}$/, "must be a number, or two as in 10-20"),
  ]),
  /** Do frames without a tag that come in belong to it? Default: false. */
  pvid: z.boolean().optional(),
  /** Do its frames go out without a tag? Default: false. */
  untagged: z.boolean().optional(),
});
type VlanEntry = z.output<typeof vlan>;

/** All VLANs of a port, or of a bridge itself, in a canonical form. */
export const vlansInput = z
  .array(vlan)
  .superRefine((list, { addIssue }) => {
    const issue = (message: string) => addIssue({ code: "custom", message });
    const ranges = list.map(({ vid }) => rangeOf(vid));
    if (ranges.some(([from, to]) => from > to || to > most))
      return issue("must have ranges that go up, to 4094 at most");
    if (list.some(({ vid, pvid }) => pvid && typeof vid === "string")) return issue("must not have pvid on a range");
    if (list.filter(({ pvid }) => pvid).length > 1) return issue("must not have pvid on two VLANs");
    const ordered = [...ranges].sort(([a], [b]) => a - b);
    if (ordered.some(([from], index) => from <= (ordered[index - 1]?.[1] ?? 0))) issue("must not name a VLAN twice");
  })
  .overwrite((list) => entriesOf(vlansOf(list)))
  .optional()
  .meta({ unset: kernelChooses });

function rangeOf(vid: number | string): [from: number, to: number] {
  const [from = 0, to = from] = String(vid).split("-").map(Number);
  return [from, to];
}

function vlansOf(list: readonly VlanEntry[]): Vlans {
  const vlans: Vlans = new Map();
  for (const { vid, pvid = false, untagged = false } of list) {
    const [from, to] = rangeOf(vid);
    for (let each = from; each <= Math.min(to, most); each++) vlans.set(each, { pvid, untagged });
  }
  return vlans;
}

/** Merges consecutive VLANs with the same flags into one entry. */
function entriesOf(vlans: Vlans): VlanEntry[] {
  const ranges: { from: number; to: number; flags: VlanFlags }[] = [];
  for (const [vid, flags] of [...vlans].sort(([a], [b]) => a - b)) {
    const last = ranges.at(-1);
    if (last?.to === vid - 1 && isDeepStrictEqual(last.flags, flags) && !flags.pvid) last.to = vid;
    else ranges.push({ from: vid, to: vid, flags });
  }
  return ranges.map(({ from, to, flags }) => ({
    vid: from === to ? from : `${from}-${to}`,
    ...(flags.pvid && { pvid: true }),
    ...(flags.untagged && { untagged: true }),
  }));
}

const isBridge = ({ linkinfo }: Link) => linkinfo?.info_kind === "bridge";

/** The VLANs that a bridge gives to itself and to each new port. */
async function defaultVlans(host: Host, netns: string | undefined, link: Link): Promise<Vlans> {
  const bridge = isBridge(link) ? link : link.master && (await showLink(host, netns, link.master));
  const pvid = bridge ? bridge.linkinfo?.info_data?.vlan_default_pvid : undefined;
  return typeof pvid === "number" && pvid > 0 ? new Map([[pvid, { pvid: true, untagged: true }]]) : new Map();
}

export const vlans: SideInput = {
  tool: "bridge",
  isPossibleOn: (link) => isBridge(link) || link.linkinfo?.info_slave_kind === "bridge",
  valueIn: (args) => args?.vlans ?? args?.bridgePort?.vlans,

  async show(host, netns, link, isRequested) {
    const existing = await showVlans(host, netns, link.ifname);
    // The kernel's choice was not asked for.
    if (!isRequested && isDeepStrictEqual(existing, await defaultVlans(host, netns, link))) return {};
    return { vlans: entriesOf(existing) };
  },

  async change(host, netns, link, value) {
    const existing = vlansOf((link.vlans ?? []) as VlanEntry[]);
    const wanted = value ? vlansOf(value as VlanEntry[]) : await defaultVlans(host, netns, link);
    const surplus = entriesOf(new Map([...existing].filter(([vid]) => !wanted.has(vid))));
    const missing = entriesOf(
      new Map([...wanted].filter(([vid, flags]) => !isDeepStrictEqual(existing.get(vid), flags))),
    );
    const of = ["dev", link.ifname, ...(isBridge(link) ? ["self"] : [])];
    const flags = ({ pvid, untagged }: VlanEntry) => [...(pvid ? ["pvid"] : []), ...(untagged ? ["untagged"] : [])];
    const commands = [
      ...surplus.map(({ vid }) => ["del", ...of, "vid", String(vid)]),
      ...missing.map((each) => ["add", ...of, "vid", String(each.vid), ...flags(each)]),
    ];
    await changeVlans(host, netns, commands);
    return commands.length > 0;
  },
};
