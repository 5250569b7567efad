import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { eraseShare, listUnshared } from "../../core/ledger";
import { holdSetting, recallSetting, releaseSetting, type Setting } from "../../core/shared-setting";
import type { Host } from "../../host";
import { at } from "../../schema/fields";
import { type Chain, savedRules } from "../../tools/iptables/backend";
import { changeChain, parseDeclared, readChain } from "../../tools/iptables/iptables";
import { builtInChains, family, missingChain, parseChainId, table } from "./iptables-chains";

export const iptablesPolicy = defineKind({
  type: "IptablesPolicy",
  summary: "The policy of a built-in chain of iptables or ip6tables: what happens to packets that no rule decides.",
  args: {
    /** IP version: ipv4 (iptables) or ipv6 (ip6tables). */
    family,
    /** Table that the chain is in. */
    table,
    /** Built-in chain of the table: INPUT, FORWARD, OUTPUT, PREROUTING or POSTROUTING. */
    chain: z
      .string()
      .refine((name) => builtInChains.includes(name), `must be one of ${builtInChains.join(", ")}`)
      .meta({ replace: true }),
    ...inNetns,
    /** "ACCEPT" or "DROP". Table nat accepts no DROP. */
    policy: z.enum(["ACCEPT", "DROP"], { error: "must be ACCEPT or DROP" }),
  },
  outputs: {
    /** The policy from before, which destroy restores. */
    previousPolicy: z.string(),
  },
  needs: ["iptables", "nsenter"],
  /** `FAMILY/TABLE/CHAIN@NETNS` */
  id: idOf,

  *rules({ table, chain, policy }) {
    const missing = missingChain(table, chain);
    if (missing) yield ["chain", missing];
    if (table === "nat" && policy === "DROP")
      yield ["policy", "must not be DROP in table nat, which filters no packets"];
  },

  async observe(host, args) {
    const { policy } = await readChain(host, args);
    return policy === undefined ? undefined : { inputs: { policy }, outputs: {} };
  },

  async ensure(host, args, _observed, recorded) {
    const holder = { owner: args.owner, former: recorded?.owner, previous: recorded?.previousPolicy };
    return { outputs: { previousPolicy: await holdSetting(host, settingOf(host, args), holder, args.policy) } };
  },

  async remove(host, args) {
    await releaseSetting(host, settingOf(host, args), args.owner, args.previousPolicy);
  },

  async cleanUp(host, args, observed) {
    if (!observed) await eraseShare(host, settingOf(host, args).place, args.owner);
  },

  noted: {
    recall: async (host, args) => ({ previousPolicy: await recallSetting(host, placeOf(args), args.owner) }),
  },

  imports: {
    parse(id) {
      const parsed = parseChainId(id);
      return parsed && { ...parsed.place, chain: parsed.chain };
    },
    async list(host, netns) {
      const of = async (family: "ipv4" | "ipv6") => {
        const declared = parseDeclared(await savedRules(host, netns, family));
        const changed = declared.filter(({ policy }) => policy !== undefined && policy !== "ACCEPT");
        return changed.map(({ table, chain }) => ({ netns, family, table, chain }));
      };
      const all = [...(await of("ipv4")), ...(await of("ipv6"))];
      return Promise.all(all.map((each) => listUnshared(host, placeOf(each), idOf(each))));
    },
  },
});

function idOf({ family, table, chain, netns }: Omit<Chain, "backend">): string {
  return at(`${family}/${table}/${chain}`, netns);
}

function placeOf(chain: Chain) {
  return { netns: chain.netns, what: `IptablesPolicy ${idOf(chain)}` };
}

function settingOf(host: Host, chain: Chain): Setting {
  return {
    place: placeOf(chain),
    read: async () => (await readChain(host, chain)).policy,
    write: (policy) => changeChain(host, chain, "-P", policy),
  };
}
