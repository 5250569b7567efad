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

const isIptables = "iptables manages its rules";

export const nftTable = defineKind({
  type: "NftTable",
  summary: "A table of nftables and everything in it (`nft`).",
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
     * Contents of the table in the language of `nft`: chains, sets and so on, at most 1 MiB. A change is one transaction.
     * Chains and sets that do not change keep their counters, and the elements that packets have added. Changed ones start
     * again. The whole table starts again if a declaration changes: a type, a hook, a comment, or the list of chains with
     * hooks.
     */
    ruleset: text
      .refine((value) => Buffer.byteLength(value) <= 1024 * 1024, "must be at most 1 MiB")
      .transform(withoutIndent),
  },
  outputs: {
    /**
     * The ruleset as nft printed it after it was loaded. Any difference from that is drift. Not included: counters, and
     * elements of sets that packets change or that have a timeout.
     */
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
    // If it is as it was when it was loaded, it is the recorded ruleset, in the user's spelling.
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
      // These contain the rules and chains of iptables.
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
