import { z } from "zod";
import { parseAt } from "../../schema/fields";

/** The tables and their built-in chains. */
export const builtIn = {
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  raw: ["PREROUTING", "OUTPUT"],
  security: ["INPUT", "FORWARD", "OUTPUT"],
} as const;

export type Table = keyof typeof builtIn;
type BuiltIn = (typeof builtIn.mangle)[number];

const tables = Object.keys(builtIn) as [Table, ...Table[]];
export const builtInChains: readonly string[] = builtIn.mangle;

export function isBuiltIn(table: Table, chain: string): boolean {
  return (builtIn[table] as readonly string[]).includes(chain);
}

/** Where the kernel accepts something. Left out: everywhere. For a user-defined chain only the table is checked. */
export interface Places {
  readonly tables?: readonly Table[];
  readonly chains?: readonly BuiltIn[];
}

/** The error for a table and a chain; undefined: there is none. */
export function misplacement({ tables, chains }: Places, table: Table, chain: string): string | undefined {
  if (tables && !tables.includes(table)) return `is possible only in table ${list(tables)}`;
  if (chains && isBuiltIn(table, chain) && !(chains as readonly string[]).includes(chain))
    return `is not possible in ${chain}, but in ${list(chains)} or in a chain of your own`;
  return undefined;
}

function list(words: readonly string[]): string {
  return words.join(", ").replace(/, ([^,]*)$/, " and $1");
}

export const family = z
  .enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" })
  .default("ipv4")
  .meta({ replace: true });

export const table = z
  .enum(tables, { error: `must be one of ${tables.join(", ")}` })
  .default("filter")
  .meta({ replace: true });

export const chainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,27}$/, 'must be 1 to 28 of letters, digits, "_", ".", ":" and "-"');

/** Parses FAMILY/TABLE/CHAIN@NETNS, without checking the parts; undefined: another form. */
export function parseChainId(id: string) {
  const { name, netns } = parseAt(id);
  const [family, table, chain, ...rest] = name.split("/");
  return chain === undefined || rest.length > 0 ? undefined : { place: { family, table, netns } as object, chain };
}

/** The error if a table has no such built-in chain; undefined: there is none. */
export function missingChain(table: Table, chain: string): string | undefined {
  if (!builtInChains.includes(chain) || isBuiltIn(table, chain)) return undefined;
  return `table ${table} has no chain ${chain}, but ${list(builtIn[table])}`;
}

/** The targets of iptables. A chain cannot have one of these names. */
export const targetNames: ReadonlySet<string> = new Set(
  [
    "ACCEPT DROP QUEUE RETURN AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP ECN HL HMARK",
    "IDLETIMER LED LOG MARK MASQUERADE MIRROR NAT NETMAP NFLOG NFQUEUE NOTRACK RATEEST REDIRECT REJECT SAME SECMARK SET",
    "SNAT SNPT SYNPROXY TARPIT TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG",
  ].flatMap((names) => names.split(" ")),
);
