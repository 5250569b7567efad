import { defineKind } from "../../core/kind";
import { readClaim } from "../../core/ledger";
import { at, familyOf, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { splitEncapsulation } from "../../tools/ip/encapsulation-words";
import { showRouteWords, type Words, wordAfter } from "../../tools/ip/restore";
import {
  mainTable,
  parseRoutes,
  protocol,
  type RouteEntry,
  showAllRoutes,
  showRoutes,
  showRoutesCommand,
} from "../../tools/ip/routes";
import { recordRoute } from "../../tools/ip/watch-routes";
import { type RouteArgs, routeArgs, routeRules } from "./route-args";
import { defaultScope, hopWords, inexpressibleOf, keptWords } from "./route-attributes";
import {
  administratorProtocols,
  isNarrower,
  isSameRoute,
  metricOf,
  numberOf,
  observedFrom,
  type RouteKey,
} from "./route-observed";

export const route = defineKind({
  type: "Route",
  summary: "A route (`ip route`).",
  args: routeArgs,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `DESTINATION@NETNS`, or with these inputs `DESTINATION metric METRIC table TABLE@NETNS` */
  id: idOf,

  rules: routeRules,

  async observe(host, args) {
    const routes = await showRoutes(host, args.netns, args.destination, args.table ?? mainTable);
    const observed = observedFrom(routes, args);
    if (observed?.owner !== "") return observed;
    // With another `protocol`, only the ledger shows whether the route is ours.
    const entry = await readClaim(host, { netns: args.netns, what: `Route ${idOf(args)}` });
    return { ...observed, owner: entry?.owner ?? "" };
  },

  async ensure(host, args, observed) {
    if (observed?.detail.protocol === numberOf(args) && isSameRoute(args, observed.inputs)) return;
    const table = args.table ?? mainTable;
    // Attributes without an input keep their values, also on an adopted route.
    const isFormer = (words: Words) =>
      Number(wordAfter(splitEncapsulation(words).others, "metric") ?? 0) === metricOf(args) &&
      !["tos", "from"].some((word) => splitEncapsulation(words).others.includes(word));
    const isKept = observed && observed.inputs.type === args.type;
    const existing = isKept ? await showRouteWords(host, args.netns, args.destination, table) : [];
    const former = existing.find(isFormer) ?? [];
    // "replace" could take over another owner's route, but the lifecycle has checked that this one is ours or adopted.
    const change = [
      "route",
      observed ? "replace" : "add",
      ...routeWords(args),
      ...keptWords(former, args),
      ...hopWords(args),
    ];
    const [routes = []] = await ipAll(
      host,
      args.netns,
      [change, showRoutesCommand(args.destination, table)],
      family(args),
    );
    recordRoute(host, args.netns, change, family(args));
    return { observed: observedFrom(parseRoutes(routes), args) };
  },

  async remove(host, args, { inputs, detail }) {
    const type = inputs.type ?? args.type;
    // By its key and protocol only: an update that died may have changed the rest, which the state does not know.
    const key = [type, args.destination, "metric", String(metricOf(args)), "table", String(args.table ?? mainTable)];
    await ipAll(host, args.netns, [["route", "del", ...key, "proto", detail.protocol]], family(args));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, destination, metric, table] = /^(\S+)(?: metric (\d+))?(?: table (\d+))?$/.exec(name) ?? [];
      const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
      return destination === undefined
        ? undefined
        : { destination, netns, metric: number(metric), table: number(table) };
    },
    async list(host, netns) {
      const [four, six] = await Promise.all([showAllRoutes(host, netns, 4), showAllRoutes(host, netns, 6)]);
      const made = [...four, ...six.map(canonical6)].filter((entry) =>
        [protocol, ...administratorProtocols].includes(entry.protocol),
      );
      const ids = made.map(({ dst, metric, table }) =>
        idOf({ destination: dst, metric, table: Number(table ?? mainTable), netns }),
      );
      return made.map((entry, index) => {
        const { tos, from } = entry;
        const id = ids[index] as string;
        const isOne = ids.filter((each, other) => each === id && !isNarrower(made[other])).length < 2;
        const inexpressible = inexpressibleOf(entry);
        if (inexpressible) return { id, omit: `there is no input for its ${inexpressible}` };
        if (tos) return { id, omit: `there is no input for its tos, ${tos}` };
        if (from) return { id, omit: `there is no input for its from, ${from}` };
        return { id, omit: isOne ? undefined : "several routes have its destination, metric and table" };
      });
    },
    // The kernel finds the link of a next hop, except for link-local addresses, which exist on every link.
    inputs: ({ destination }, { inputs: { device, onlink, scope, protocol: by, ...inputs } }) => {
      const { via, type } = inputs;
      const isResolvable =
        via !== undefined && !via.startsWith("fe80:") && familyOf(via) === familyOf(destination) && !onlink;
      // The kernel assigns IPv6 routes that drop packets to lo.
      const hasDevice = type === "unicast" || type === "local";
      const isUsual = scope === defaultScope(inputs, familyOf(destination)) || type !== "unicast";
      return {
        // `ip` sets boot by default.
        ...{ ...inputs, onlink: onlink || undefined, protocol: by === "boot" ? undefined : by },
        ...{ device: isResolvable || !hasDevice ? undefined : device, scope: isUsual ? undefined : scope },
      };
    },
  },
});

/** A metric or a table that is the default is left out: with it and without, it is the same route. */
function idOf({ destination, netns, metric, table = mainTable }: RouteKey): string {
  const isDefault = metric === undefined || metric === metricOf({ destination });
  const words = [...(isDefault ? [] : ["metric", metric]), ...(table === mainTable ? [] : ["table", table])];
  return at([destination, ...words].join(" "), netns);
}

/** For IPv6 too, ip prints the destination "default". */
function canonical6(entry: RouteEntry): RouteEntry {
  return entry.dst === "default" ? { ...entry, dst: "::/0" } : entry;
}

function family({ destination }: RouteArgs): string[] {
  return [`-${familyOf(destination)}`];
}

/** All words except the next hops. */
function routeWords(args: RouteArgs): string[] {
  const { destination, source, table = mainTable, type, mtu, advmss, scope } = args;
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...[type, destination, ...option("src", source)],
    ...["metric", String(metricOf(args)), "table", String(table), "proto", numberOf(args)],
    ...[...option("mtu", mtu), ...option("advmss", advmss), ...option("scope", scope)],
  ];
}
