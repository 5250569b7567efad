import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { findServices } from "../../tools/ipvsadm";
import { serviceId } from "../../tools/ipvsadm-service";
import type { ChainName, Packet } from "../../tools/nft-events";
import type { LabObject } from "../topology/object";
import { withoutMark } from "./rule-text";
import type { Step, Visit } from "./way";

// What decided about a packet, in the words of iptables, nft and ipvsadm.

/** The objects of a host, with their owners. */
export interface Lab {
  readonly host: Host;
  /** The host as resources name it; undefined: this machine. */
  readonly url?: string | undefined;
  readonly objects: readonly LabObject[];
}

export interface Decision {
  readonly text: string;
  /** `PROJECT/STACK/RESOURCE`, if a mark or the ledger names it. */
  readonly owner?: string;
}

/** A rule as iptables or nft prints it. */
export async function describeRule(
  lab: Lab,
  netns: string | undefined,
  rule: Step & { what: "rule" },
): Promise<Decision> {
  const { chain, handle, text } = rule;
  const spelt = isIptables(chain) && handle !== undefined ? await spelling(lab.host, netns, chain, handle) : undefined;
  if (spelt === undefined) {
    const owner = ownerOf(lab, "NftTable", netns, `${chain.family}/${chain.table}`);
    return { text: `rule of ${nameOf(chain)}: ${text}`, ...(owner !== undefined && { owner }) };
  }
  const bare = withoutMark(spelt);
  return { ...bare, text: `rule of ${nameOf(chain)}: ${bare.text}` };
}

export function describePolicy(lab: Lab, netns: string | undefined, chain: ChainName, verdict: string): Decision {
  const family = chain.family === "ip6" ? "ipv6" : "ipv4";
  const owner = ownerOf(lab, "IptablesPolicy", netns, `${family}/${chain.table}/${chain.chain}`);
  const table = ownerOf(lab, "NftTable", netns, `${chain.family}/${chain.table}`);
  const whose = owner ?? table;
  return { text: `policy ${verdict.toUpperCase()} of ${nameOf(chain)}`, ...(whose !== undefined && { owner: whose }) };
}

/** What changed the addresses of a packet. */
export async function describeRewrite(lab: Lab, { netns, steps }: Visit, index: number): Promise<Decision | undefined> {
  const step = steps[index];
  if (step?.what !== "rewrite") return undefined;
  const rule = steps.slice(0, index).findLast((each) => each.what === "rule" && /^nat|nat$/.test(each.chain.table));
  if (rule?.what === "rule") return describeRule(lab, netns, rule);
  return (await serviceFor(lab, netns, step.from)) ?? undefined;
}

/** The IPVS service of a packet. */
export async function serviceFor(
  lab: Lab,
  netns: string | undefined,
  { destination, destinationPort, protocol }: Packet,
): Promise<(Decision & { readonly backends: number }) | undefined> {
  const service = (await findServices(lab.host, netns)).find(
    ({ key }) =>
      "address" in key &&
      key.protocol === protocol &&
      key.address === destination &&
      (key.port === destinationPort || key.port === 0),
  );
  if (!service) return undefined;
  const id = serviceId(service.key);
  const owner = ownerOf(lab, "IpvsService", netns, id);
  const text = `service ${id} of IPVS`;
  return { text, backends: service.backends.length, ...(owner !== undefined && { owner }) };
}

function ownerOf({ objects }: Lab, type: string, netns: string | undefined, id: string): string | undefined {
  const full = netns === undefined ? id : `${id}@${netns}`;
  return (
    objects.find((each) => each.type === type && each.netns === netns && [id, full].includes(each.id))?.owner ||
    undefined
  );
}

/** `filter FORWARD` for iptables; for other tables with the family. */
function nameOf({ family, table, chain }: ChainName): string {
  return isIptables({ family, table, chain })
    ? `${family === "ip6" ? "ip6tables " : ""}${table} ${chain}`
    : `${family} ${table} ${chain}`;
}

function isIptables({ family, table }: ChainName): boolean {
  return ["ip", "ip6"].includes(family) && ["filter", "nat", "mangle", "raw", "security"].includes(table);
}

/** Only nft numbers the rules of iptables, and only iptables prints their text; both list them in the same order. */
async function spelling(
  host: Host,
  netns: string | undefined,
  { family, table, chain }: ChainName,
  handle: number,
): Promise<string | undefined> {
  const program = family === "ip6" ? "ip6tables-nft" : "iptables-nft";
  try {
    const listing = await host.run(enter(netns, ["nft", "-a", "list", "chain", family, table, chain]));
    const handles = [...listing.stdout.matchAll(/^\t\t(?!type ).*# handle (\d+)$/gm)].map((match) => Number(match[1]));
    const saved = await host.run(enter(netns, [program, "-t", table, "-S", chain]));
    const rules = saved.stdout.split("\n").filter((line) => line.startsWith("-A "));
    return handles.length === rules.length ? rules[handles.indexOf(handle)] : undefined;
  } catch (error) {
    if (hasCode(error, "LN_COMMAND", "LN_TOOL")) return undefined;
    throw error;
  }
}
