import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Holder } from "../../core/holdings";
import { defineKind } from "../../core/kind";
import { readClaim } from "../../core/ledger";
import { notice } from "../../core/notice";
import type { Host } from "../../host";
import { withLock } from "../../host/lock";
import { at } from "../../schema/fields";
import { whyNoIpvs } from "../../tools/ipvsadm";
import { clashes } from "./clashes";
import type { Node } from "./node";
import { tableArgs } from "./table-args";
import { change, claimsOf, clear, eraseLast, holdSettings, markedBy, releaseSettings } from "./table-change";
import { eraseClaims, firstClaim, layerOf, readClaims } from "./table-claims";
import { layerFor, settingsOf } from "./table-modes";
import type { Kernels, Part } from "./table-parts";
import {
  compareWithKernel,
  type Kernel,
  madeOf,
  partsOf,
  readKernel,
  readLayers,
  type TableArgs,
  type TableState,
} from "./table-state";

/** What a network namespace has once. */
const only = "its table of services";

export const serviceTable = defineKind({
  type: "ServiceTable",
  summary:
    "All services of a node in one resource, as kube-proxy makes them: what a change of them takes is one transaction.",
  args: tableArgs,
  outputs: {
    /** By the names of services, and of the IP versions for what is no service's: digests of what the kernel has of them. What differs from that is drift. */
    listed: z.record(z.string(), z.string()),
  },
  needs: [],
  /** `services@NETNS` */
  id: ({ netns }) => at("services", netns),
  unmarked: true,

  holds: {
    inputs: ["netns"],
    namespace: ({ netns }) => netns,
    of: () => [{ property: "netns", what: only }],
    holders: holdersOf,
  },

  *rules(args) {
    for (const [path, rule] of clashes(args as unknown as Node)) yield [path.join("."), rule];
  },

  unavailable: (host, { mode }) => (mode === "ipvs" ? whyNoIpvs(host) : Promise.resolve(undefined)),

  async observe(host, args, recorded) {
    const made = madeOf(recorded);
    const basis: TableArgs = made ?? args;
    const parts = partsOf(basis);
    const kernel = await readKernel(host, args.netns, basis.mode);
    const state = compareWithKernel(basis, parts, kernel, made?.listed);
    if (!state.exists && !(await isLeft(host, basis, kernel))) return undefined;
    if (made) for (const text of state.ofNode) notice(`ServiceTable ${at("services", args.netns)}: ${text}`);
    return {
      ...(made ? { owner: null } : await ownerOf(host, args, parts, kernel)),
      ...observed(basis, state),
      detail: state.wrong,
    };
  },

  async ensure(host, args, before, recorded) {
    const made = before && madeOf(recorded);
    if (made && before?.detail.size === 0 && !isChanged(made, args)) {
      // An input may have changed that nothing in the kernel depends on: without services, podCidr.
      const { listed } = before.outputs;
      return { observed: { owner: null, ...observed(args, { ...args, listed }), detail: before.detail } };
    }
    const settled = await make(host, args, made, before?.detail as ReadonlySet<string> | undefined).catch(
      async (error) => {
        if (!before) await eraseUnused(host, args).catch(() => undefined);
        throw error;
      },
    );
    await releaseSettings(host, made ?? args, settingsOf(args));
    return {
      observed: { owner: null, ...observed(args, settled), detail: settled.wrong },
      outputs: { listed: settled.listed },
    };
  },

  async remove(host, args) {
    const table = madeOf(args) ?? (args as TableArgs);
    await withLock(host, { netns: args.netns, what: "IptablesRule" }, () => clear(host, table));
  },

  async cleanUp(host, args) {
    await eraseLeavings(host, args as TableArgs);
  },

  noted: {
    parse: (_what, netns) => ({ netns }),
  },
});

async function make(host: Host, args: TableArgs, made: TableArgs | undefined, wrong: ReadonlySet<string> = new Set()) {
  await holdSettings(host, args, made, wrong);
  return withLock(host, { netns: args.netns, what: "IptablesRule" }, () => change(host, args, made, wrong));
}

/** After a create that failed: erases its entries in the ledger, unless something of the table exists. */
async function eraseUnused(host: Host, args: TableArgs): Promise<void> {
  if (!(await isLeft(host, args, await readKernel(host, args.netns, args.mode)))) await eraseLeavings(host, args);
}

/** Is there something that the ledger says is this table's? The state may know no part of it: of a family that drifted. */
async function isLeft(host: Host, { owner, netns }: TableArgs, { layers }: Kernel): Promise<boolean> {
  return isAnyThere(layers, [...(await readClaims(host, { owner, netns }))], owner);
}

function isAnyThere(layers: Kernels, claims: readonly string[], owner: string): boolean {
  return claims.some((claim) => {
    const name = layerOf(claim);
    return name !== undefined && name in layers && layerFor(name).isThere(layers[name], claim, owner);
  });
}

/** Who has a table in a namespace, if there is something of it. */
async function holdersOf(host: Host, netns: string | undefined): Promise<Holder[]> {
  const { owner = "" } = (await readClaim(host, { netns, what: `ServiceTable ${at("services", netns)}` })) ?? {};
  if (owner === "") return [];
  const claims = [...(await readClaims(host, { owner, netns }))];
  const layers = await readLayers(host, netns, new Set(claims.flatMap((claim) => layerOf(claim) ?? [])));
  return isAnyThere(layers, claims, owner) ? [{ who: `ServiceTable of ${owner}`, what: only, owner }] : [];
}

async function eraseLeavings(host: Host, table: TableArgs): Promise<void> {
  await releaseSettings(host, table);
  await eraseClaims(host, table, [...(await readClaims(host, table))]);
  await eraseLast(host, table);
}

function observed(
  { mode, scheduler, nodeAddresses, podCidr, serviceCidr, masqueradeAll }: TableArgs,
  state: Pick<TableState, "services" | "families" | "listed">,
) {
  const { services, families, listed } = state;
  const inputs = { mode, services, scheduler, nodeAddresses, families, podCidr, serviceCidr, masqueradeAll };
  return { inputs, outputs: { listed } };
}

/** Has the program changed something that makes other objects? */
function isChanged(made: TableArgs, args: TableArgs): boolean {
  const texts = (table: TableArgs) => partsOf(table).map(({ key, text }) => [key, text]);
  return made.owner !== args.owner || made.mode !== args.mode || !isDeepStrictEqual(texts(made), texts(args));
}

/** Whose what is there is, where nothing is recorded: ours after a crash, else that of whoever the ledger names. */
async function ownerOf(host: Host, args: TableArgs, parts: readonly Part[], kernel: Kernel) {
  const entry = await readClaim(host, { netns: args.netns, what: `ServiceTable ${at("services", args.netns)}` });
  if (entry) return { owner: null };
  const claims = claimsOf(args, parts);
  const marked = markedBy(kernel, parts, [args.owner])?.[1];
  return { owner: (await firstClaim(host, args, claims))?.owner ?? marked ?? "", otherKind: true };
}
