import { defineKind, inNetns } from "../../core/kind";
import { hasCode, LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { at } from "../../schema/fields";
import { backendOf, type Chain, refuseMix, savedRules } from "../../tools/iptables/backend";
import { changeTable } from "../../tools/iptables/batch";
import { parseDeclared, readChain, rulesAbout } from "../../tools/iptables/iptables";
import { builtInChains, chainName, family, parseChainId, table, targetNames } from "./iptables-chains";

export const iptablesChain = defineKind({
  type: "IptablesChain",
  summary: "A user-defined chain in a table of iptables or ip6tables.",
  args: {
    /** IP version: ipv4 (iptables) or ipv6 (ip6tables). */
    family,
    /** Table that the chain is in. */
    table,
    /** Name, 1 to 28 characters; not that of a built-in chain or a target. */
    name: chainName
      .refine((name) => !builtInChains.includes(name), "must not be the name of a built-in chain")
      .refine((name) => !targetNames.has(name), "must not be the name of a target")
      .meta({ replace: true, busy: true }),
    ...inNetns,
  },
  outputs: {},
  needs: ["iptables", "nsenter"],
  /** `FAMILY/TABLE/NAME@NETNS` */
  id: idOf,
  unmarked: true,

  async observe(host, args, recorded) {
    const chain = chainOf(args);
    const { exists, legacyTables } = await readChain(host, chain);
    const backend = recorded ? undefined : await backendOf(host, args.family);
    if (backend === "legacy" || (backend && legacyTables)) await refuseMix(host, chain, backend);
    return exists ? { owner: null, inputs: {}, outputs: {} } : undefined;
  },

  async ensure(host, args, observed) {
    if (!observed) await changeTable(host, chainOf(args), ["-N", args.name]);
  },

  async remove(host, args) {
    const chain = chainOf(args);
    const destroy = () => changeTable(host, chain, ["-X", args.name]);
    await destroy().catch(async (error) => {
      if (!hasCode(error, "LN_COMMAND")) throw error;
      const busy = await busyError(host, chain);
      if (busy) throw busy;
      // The rules that kept it have disappeared in the meantime.
      await destroy();
    });
  },

  imports: {
    parse(id) {
      const parsed = parseChainId(id);
      return parsed && { ...parsed.place, name: parsed.chain };
    },
    async list(host, netns) {
      const of = async (family: "ipv4" | "ipv6") =>
        parseDeclared(await savedRules(host, netns, family))
          .filter(({ policy }) => policy === undefined)
          .map(({ table, chain }) => ({ id: idOf({ family, table, name: chain, netns }) }));
      return [...(await of("ipv4")), ...(await of("ipv6"))];
    },
  },
});

interface Named extends Omit<Chain, "chain"> {
  readonly name: string;
}

function idOf({ family, table, name, netns }: Named): string {
  return at(`${family}/${table}/${name}`, netns);
}

function chainOf({ netns, family, table, name }: Named): Chain {
  return { netns, family, table, chain: name };
}

/** Most rules that an error lists. */
const most = 3;

/** The error if rules keep the chain from being deleted; undefined: none do. */
async function busyError(host: Host, chain: Chain): Promise<LocalnetError | undefined> {
  const rules = await rulesAbout(host, chain);
  if (rules.length === 0) return undefined;
  const more = rules.length > most ? `, and ${rules.length - most} more` : "";
  return new LocalnetError(
    "LN_BUSY",
    `rules are in the chain or jump to it: ${rules.slice(0, most).join("; ")}${more}`,
    {
      hint: "delete these rules first; in a program, a rule that is given the chain itself goes before it",
    },
  );
}
