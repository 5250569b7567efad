import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { LocalnetError } from "../../errors";
import { at, parseAt, text } from "../../schema/fields";
import { tablesOfIptables } from "../../tools/iptables/nft-tables";
import {
  changeTable,
  deleteTable,
  families,
  listTables,
  makeTable,
  readTable,
  type TableKey,
  withoutIndent,
} from "../../tools/nft";
import { badRuleset } from "./nft-ruleset";

const isIptables = "iptables makes its rules, in its own way";

export const nftTable = defineKind({
  type: "NftTable",
  summary: "A table of nftables with all that is in it (`nft`).",
  args: {
    /** Name, 1 to 64 characters. */
    name: z
      .string()
      .regex(
        /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
        'must be 1 to 64 of letters, digits, "_", "." and "-", the first a letter',
      )
      .meta({ replace: true }),
    ...inNetns,
    /** Which packets it sees: ip, ip6, inet, arp, bridge or netdev. */
    family: z.enum(families, { error: `must be one of ${families.join(", ")}` }).meta({ replace: true }),
    /**
     * What stands between the braces of the table, in the language of `nft`: chains, sets and so on, at most 1 MiB. A
     * change is one transaction. Chains and sets that it leaves as they are keep what they have counted, and what packets
     * have added to them; what it changes begins anew, and so does all of the table with a change of what is declared: a
     * type, a hook, a comment, the chains with hooks.
     */
    ruleset: text
      .refine((value) => Buffer.byteLength(value) <= 1024 * 1024, "must be at most 1 MiB")
      .transform(withoutIndent),
  },
  outputs: {
    /** The ruleset as nft printed it when it was loaded. What differs from that is drift; counters are not in it, nor elements of sets that packets add to or that have a timeout. */
    listed: z.string(),
  },
  needs: ["nft", "nsenter"],
  /** `FAMILY/NAME@NETNS` */
  id: ({ family, name, netns }) => at(`${family}/${name}`, netns),
  unmarked: true,

  *rules({ ruleset }) {
    const wrong = badRuleset(ruleset);
    if (wrong) yield ["ruleset", wrong];
  },

  async observe(host, args, recorded) {
    const table = await readTable(host, args.netns, args);
    if (!table) return undefined;
    const { body } = table;
    // As it was when it was loaded, it is what was asked for, however that was written.
    const ruleset = recorded?.listed === body ? recorded.ruleset : body;
    const observed = { owner: null, inputs: { ruleset }, outputs: { listed: body } };
    return table.isIptables ? { ...observed, otherKind: true } : observed;
  },

  async ensure(host, args, observed) {
    const { netns, ruleset } = args;
    if (observed?.inputs.ruleset === ruleset) return;
    if (observed) await changeTable(host, netns, args, { was: observed.inputs.ruleset, is: ruleset });
    else await makeTable(host, netns, args, ruleset);
    const table = await readTable(host, netns, args);
    return {
      observed: table && { owner: null, inputs: { ruleset }, outputs: { listed: table.body } },
      outputs: { listed: table?.body },
    };
  },

  remove: (host, args) => deleteTable(host, args.netns, args),

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [family, ...rest] = name.split("/");
      return { family: family as TableKey["family"], name: rest.join("/"), netns };
    },
    async list(host, netns) {
      const keys = await listTables(host, netns);
      // What is in those are rules and chains of iptables.
      const others = keys.length > 0 ? await tablesOfIptables(host, netns) : [];
      return keys
        .filter(({ family, name }) => !others.includes(`${family} ${name}`))
        .map(({ family, name }) => ({ id: at(`${family}/${name}`, netns) }));
    },
    async locate(host, args) {
      const table = await readTable(host, args.netns, args);
      if (table?.isIptables) throw new LocalnetError("LN_INPUT", isIptables);
      return table && { ...args, ruleset: table.body };
    },
  },
});
