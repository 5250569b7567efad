import { isDeepStrictEqual } from "node:util";
import { defineKind } from "../../core/kind";
import { withoutUndefined } from "../../core/values";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { withLock } from "../../host/lock";
import { at, parseAt } from "../../schema/fields";
import { changeTc, type Qdisc, showQdiscs } from "../../tools/tc";
import { parentsOf, parentWords, showAllFilters, showFilters, type TcFilter } from "../../tools/tc-filters";
import { actionWords, moduleOfAction } from "./filter-actions";
import {
  classifierOf,
  type FilterInputs,
  handleWord,
  inexpressibleOf,
  type MatchKey,
  matchArgs,
  readFilter,
} from "./filter-kinds";
import { type FilterArgs, filterArgs, type Key, protocols } from "./traffic-filter-args";

export const trafficFilter = defineKind({
  type: "TrafficFilter",
  summary: "A packet filter (`tc filter`): assigns packets to a class, or does something with them.",
  args: filterArgs,
  outputs: {},
  needs: ["tc"],
  unmarked: true,
  /**
   * `DEVICE/PARENT/PRIORITY/HANDLE@NETNS`, with the handle in hexadecimal: `eth0/ingress/10/0x1@foo`, `eth0/1:/10/0x800@foo`
   */
  id: idOf,

  *rules(args) {
    const { kind, protocol, handle, actions, flowid } = args;
    const { key: matchKey, rules } = classifierOf(kind) ?? {};
    for (const key of Object.keys(matchArgs) as MatchKey[])
      if (key !== matchKey && args[key] !== undefined) yield [key, `must not be given for kind ${kind}`];
    if (kind === "u32" && handle > 0xfff) yield ["handle", "must be 1 to 4095 for kind u32"];
    if ((kind === "matchall" || kind === "fw") && flowid === undefined && actions.length === 0)
      yield ["actions", `must not be empty for kind ${kind} without flowid`];
    if (matchKey && rules) yield* rules(args[matchKey] as never, protocol);
  },

  async observe(host, args) {
    if (!(await hasParent(host, args))) return undefined;
    const filters = await showFilters(host, args.netns, args.device, args.parent);
    const filter = filters.find(({ priority, number }) => priority === args.priority && number === args.handle);
    if (!filter) return undefined;
    const other = otherThan(args, filter);
    return {
      owner: other ?? null,
      ...(other !== undefined && { otherKind: true }),
      inputs: readFilter(filter, args.actions),
      outputs: {},
      detail: filter,
    };
  },

  async ensure(host, args, observed) {
    const { netns, kind, protocol, actions } = args;
    const { key, words, canBecome, keepsEmpty } = classifierOf(kind) ?? {};
    const existing: Partial<FilterInputs> = observed?.inputs ?? {};
    const options = key && (key in args ? withoutUndefined(args[key] ?? {}) : (existing[key] ?? {}));
    const flowid = "flowid" in args ? args.flowid : existing.flowid;
    const isSame = isDeepStrictEqual(
      [options, flowid, actions],
      [key && existing[key], existing.flowid, existing.actions],
    );
    if (observed && isSame) return;
    const full = (verb: string, handle: string) => [
      ...["filter", verb, ...place(args), "handle", handle, kind, ...(words?.(options as never, protocol) ?? [])],
      ...[...(flowid === undefined ? [] : ["flowid", flowid]), ...actions.flatMap(actionWords)],
    ];
    const change = (...commands: string[][]) =>
      changeTc(host, netns, commands, `cls_${kind}`, [...new Set(actions.map(moduleOfAction))].join(" "));
    const add = full("add", handleWord(kind, args.handle, options));
    if (!observed)
      return withLock(host, { netns, what: `filters ${args.device}` }, async () => {
        await refuseTwin(host, args);
        await change(add);
      });
    // A change does not always remove a class.
    const isTurned = keepsEmpty && isEmpty({ flowid, actions }) !== isEmpty(existing);
    const isInPlace = !isTurned && (existing.flowid === undefined || flowid !== undefined);
    const was = key && existing[key];
    if (isInPlace && was && canBecome?.(was as never, options as never))
      await change(full("replace", observed.detail.handle));
    else await change(deletion(args, observed.detail), add);
  },

  async remove(host, args, { detail }) {
    const { device, netns, parent, priority } = args;
    const { kind, protocol } = detail;
    await changeTc(host, netns, [deletion(args, detail)], `cls_${kind}`);
    // The kernel keeps an empty u32 priority as long as there are others.
    if (kind !== "u32") return;
    const left = await showFilters(host, netns, device, parent);
    if (left.some((each) => each.priority === priority && each.handle === ""))
      await changeTc(host, netns, [["filter", "del", ...place({ ...args, protocol })]], `cls_${kind}`);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const form = /^([^/]+)\/(ingress|egress|[0-9a-f]+:[0-9a-f]*)\/([1-9]\d*)\/0x([1-9a-f][0-9a-f]*)$/;
      const [, device, parent = "", priority, handle = ""] = form.exec(name) ?? [];
      if (device === undefined) return undefined;
      return { device, netns, parent, priority: Number(priority), handle: Number.parseInt(handle, 16) };
    },
    async list(host, netns) {
      return (await showAllFilters(host, netns)).flatMap((each) => {
        const { dev: device, parent, priority, number: handle, kind, protocol } = each;
        const isKnown = classifierOf(kind) && (protocols as readonly string[]).includes(protocol);
        if (handle === undefined || !isKnown) return [];
        return [{ id: idOf({ device, netns, parent, priority, handle }), omit: inexpressibleOf(each) }];
      });
    },
    inputs(_, { inputs }) {
      const all = Object.entries(inputs).filter(([, value]) => value !== undefined && Object.keys(value).length > 0);
      return Object.fromEntries(all);
    },
  },
});

function isEmpty({ flowid, actions = [] }: Partial<Pick<FilterInputs, "flowid" | "actions">>): boolean {
  return flowid === undefined && actions.length === 0;
}

function idOf({ device, netns, parent, priority, handle }: Key): string {
  return at(`${device}/${parent}/${priority}/0x${handle.toString(16)}`, netns);
}

type Place = Pick<FilterArgs, "device" | "parent" | "priority">;

function place(args: Place & { readonly protocol: string }): string[] {
  const { device, parent, protocol, priority } = args;
  return ["dev", device, ...parentWords(parent), "protocol", protocol, "prio", String(priority)];
}

function deletion(args: Place, { protocol, handle, kind }: TcFilter): string[] {
  // tc accepts no mask here.
  return ["filter", "del", ...place({ ...args, protocol }), "handle", handle.replace(/\/.*/, ""), kind];
}

/** What exists in the place of the wanted one. */
function otherThan(wanted: Partial<Pick<FilterArgs, "kind" | "protocol">>, filter: TcFilter): string | undefined {
  // An id has neither.
  for (const key of ["kind", "protocol"] as const)
    if (wanted.kind !== undefined && wanted[key] !== filter[key]) return `a filter of ${key} ${filter[key]}`;
  return classifierOf(filter.kind) ? undefined : `a filter of kind ${filter.kind}, for which there are no inputs`;
}

async function qdiscsOf(host: Host, { device, netns }: Pick<Key, "device" | "netns">): Promise<Qdisc[]> {
  return (await showQdiscs(host, netns)).filter(({ dev }) => dev === device);
}

/** Does the parent exist? For an ingress discipline, the kernel takes the parent egress for ingress. */
async function hasParent(host: Host, args: Pick<Key, "device" | "netns" | "parent">): Promise<boolean> {
  const parent = args.parent.replace(/:.*/, ":");
  return (await qdiscsOf(host, args)).some((qdisc) => parentsOf(qdisc).includes(parent));
}

/** Refuses filters that the kernel would put elsewhere, or confuse with another. */
async function refuseTwin(host: Host, args: FilterArgs): Promise<void> {
  const { device, netns, parent, priority, kind } = args;
  if (parent !== "ingress" && parent !== "egress") return;
  const kinds = (await qdiscsOf(host, args)).map((qdisc) => qdisc.kind);
  if (parent === "egress" && !kinds.includes("clsact"))
    throw new LocalnetError("LN_MISSING", `${device} has no queueing discipline of kind clsact`, {
      hint: "add a Qdisc of kind clsact",
    });
  if (kind !== "u32" || !kinds.includes("clsact")) return;
  const direction = parent === "egress" ? "ingress" : "egress";
  const filters = await showFilters(host, netns, device, direction);
  if (filters.some((each) => each.kind === "u32" && each.priority === priority))
    throw new LocalnetError(
      "LN_EXISTS",
      `${direction} has a u32 filter of priority ${priority}, and the kernel confuses the two`,
      {
        hint: "use another priority",
      },
    );
}
