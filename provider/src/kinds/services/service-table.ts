import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { defineKind } from "../../core/kind";
import { readClaim } from "../../core/ledger";
import { notice } from "../../core/notice";
import type { Host } from "../../host";
import { withLock } from "../../host/lock";
import { at } from "../../schema/fields";
import { clashes } from "./clashes";
import type { Node } from "./node";
import { tableArgs } from "./table-args";
import { change, claimsOf, clear, holdSetting, releaseSetting } from "./table-change";
import { eraseClaims, firstClaim, readClaims } from "./table-claims";
import type { Listed, Part } from "./table-parts";
import { type Look, look, partsOf, readKernel, settingOf, type TableArgs } from "./table-state";

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

  *rules(args) {
    if (args.mode === "ipvs")
      yield ["mode", "must be iptables or nftables: in mode ipvs take VirtualService or KubeProxyNode"];
    else for (const [path, rule] of clashes(args as unknown as Node)) yield [path.join("."), rule];
  },

  async observe(host, args, recorded) {
    const made = recorded?.listed ? (recorded as TableArgs & { listed: Listed }) : undefined;
    const basis: TableArgs = made ?? args;
    const parts = partsOf(basis);
    const kernel = await readKernel(host, args.netns, basis.mode);
    const seen = look(basis, parts, kernel, made?.listed);
    if (!seen.exists) return undefined;
    if (made) for (const text of seen.ofNode) notice(`ServiceTable ${at("services", args.netns)}: ${text}`);
    return {
      ...(made ? { owner: null } : await ownerOf(host, args, parts)),
      ...observed(basis, seen),
      detail: seen.wrong,
    };
  },

  async ensure(host, args, before, recorded) {
    const made = before && recorded?.listed ? (recorded as TableArgs) : undefined;
    if (made && !isChanged(made, args) && before?.detail.size === 0) return;
    await holdSetting(host, args, made);
    const settled = await withLock(host, { netns: args.netns, what: "IptablesRule" }, () =>
      change(host, args, made, (before?.detail as ReadonlySet<string>) ?? new Set()),
    );
    if (settingOf(args) === undefined) await releaseSetting(host, made ?? args);
    return {
      observed: { owner: null, ...observed(args, settled), detail: settled.wrong },
      outputs: { listed: settled.listed },
    };
  },

  async remove(host, args) {
    const table = args as TableArgs;
    await withLock(host, { netns: args.netns, what: "IptablesRule" }, () => clear(host, table, table));
  },

  async cleanUp(host, args) {
    const table = args as TableArgs;
    await releaseSetting(host, table);
    await eraseClaims(host, table, [...(await readClaims(host, table))]);
  },

  noted: {
    parse: (_what, netns) => ({ netns }),
  },
});

function observed({ mode, nodeAddresses, podCidr, serviceCidr, masqueradeAll }: TableArgs, seen: Look) {
  const { services, families, listed } = seen;
  const inputs = { mode, services, nodeAddresses, families, podCidr, serviceCidr, masqueradeAll };
  return { inputs, outputs: { listed } };
}

/** Has the program changed something that makes other objects? */
function isChanged(made: TableArgs, args: TableArgs): boolean {
  const texts = (table: TableArgs) => partsOf(table).map(({ key, text }) => [key, text]);
  return made.owner !== args.owner || made.mode !== args.mode || !isDeepStrictEqual(texts(made), texts(args));
}

/** Whose what is there is, where nothing is recorded: ours after a crash, else that of whoever the ledger names. */
async function ownerOf(host: Host, args: TableArgs, parts: readonly Part[]) {
  const entry = await readClaim(host, { netns: args.netns, what: `ServiceTable ${at("services", args.netns)}` });
  if (entry) return { owner: null };
  const claims = claimsOf(args, parts);
  return { owner: (await firstClaim(host, args, claims))?.owner ?? "", otherKind: true };
}
