import { z } from "zod";
import type { KernelObject, ObjectReader } from "../../core/kernel-object";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { batchLines } from "../ip/batch";
import { parseJson } from "../ip/json";
import { showQdiscs } from "../tc";
import { showAllFilters } from "../tc-filters";

const groupJson = z.object({
  dev: z.string(),
  port: z.string(),
  grp: z.string(),
  state: z.string(),
  vid: z.number().optional(),
});
const tableJson = z.array(z.object({ mdb: z.array(groupJson).default([]) }));

const multicast: ObjectReader = {
  name: "multicast groups of bridges",
  async read(host, netns) {
    const { stdout } = await host.run(enter(netns, ["bridge", "-j", "mdb", "show"]));
    const groups = tableJson.parse(parseJson(stdout || "[]")).flatMap(({ mdb }) => mdb);
    const written = groups.filter(({ state }) => state === "permanent");
    return written.map(({ dev, port, grp, vid }) => ({
      what: `mdb dev ${dev} port ${port} grp ${grp}${vid === undefined ? "" : ` vid ${vid}`}`,
      ...{ why: "no kind has it", coveredBy: [] },
    }));
  },
};

/** The kinds of actions that tc knows: it can only list the actions of one kind. */
const actionKinds = ["bpf", "connmark", "csum", "ct", "ctinfo", "gact", "gate", "ife", "mirred", "mpls", "nat"];
actionKinds.push("pedit", "police", "sample", "simple", "skbedit", "skbmod", "tunnel_key", "vlan");

const actionJson = z.object({ kind: z.string(), index: z.number(), ref: z.number(), bind: z.number() });
const actionsJson = z.array(z.object({ actions: z.array(actionJson).default([]) }));

const actions: ObjectReader = {
  name: "actions of tc with a number of their own",
  async read(host, netns) {
    // Listing the actions of a kind changes what tc prints of all of them. If a filter uses the kind, its output must not
    // change.
    const filters = await showAllFilters(host, netns);
    const used = filters.flatMap((filter) => filter.actions.map((text) => text.split(" ")[0]));
    const kinds = actionKinds.filter((kind) => !used.includes(kind));
    const lists = await tcLists(
      host,
      netns,
      kinds.map((kind) => ["actions", "ls", "action", kind]),
    );
    const all = lists.flatMap((list) => actionsJson.parse(list).flatMap((each) => each.actions));
    // An action that was made with its filter is used by this filter alone.
    return all
      .filter(({ ref, bind }) => ref > bind)
      .map(({ kind, index }) => ({ what: `action ${kind} index ${index}`, why: "no kind has it", coveredBy: [] }));
  },
};

const chainJson = z.array(z.object({ chain: z.number(), kind: z.string().optional() }));
const directions: Readonly<Record<string, readonly string[]>> = { ingress: ["ingress"], clsact: ["ingress", "egress"] };

const chains: ObjectReader = {
  name: "chains of filters of packets",
  async read(host, netns) {
    const qdiscs = await showQdiscs(host, netns);
    const places = qdiscs.flatMap((qdisc) =>
      (directions[qdisc.kind] ?? []).map((direction) => ["dev", qdisc.dev, direction]),
    );
    const lists = await tcLists(
      host,
      netns,
      places.map((place) => ["chain", "show", ...place]),
    );
    return lists.flatMap((list, index) =>
      chainJson
        .parse(list)
        .filter(({ chain, kind }) => chain !== 0 || kind !== undefined)
        .map(
          ({ chain, kind }): KernelObject => ({
            what: ["tc chain", ...(places[index] ?? []), `chain ${chain}`, ...(kind ? [kind] : [])].join(" "),
            ...{ why: "no input sets a chain", coveredBy: [] },
          }),
        ),
    );
  },
};

/** One process prints a list for each command. */
async function tcLists(host: Host, netns: string | undefined, commands: readonly string[][]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  const { stdout } = await host.run(enter(netns, ["tc", "-j", "-batch", "-"]), { input: batchLines(commands) });
  return z.array(z.unknown()).parse(parseJson(`[${stdout.trim().replace(/\]\s*\n\[/g, "],[")}]`));
}

export const rareTables: readonly ObjectReader[] = [multicast, actions, chains];
