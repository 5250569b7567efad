import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { withoutMark } from "./rule-text";
import type { Place } from "./way";

// Rules of iptables-legacy. The kernel cannot trace them, but counts the packets of each.

/** A rule or a policy with its packet counter. */
interface Counted {
  readonly table: string;
  readonly chain: string;
  /** As iptables prints it, without the mark. */
  readonly text: string;
  readonly drops: boolean;
  readonly packets: number;
  readonly owner?: string;
}

/** A namespace with such rules, and those that counted packets during the trace. */
export interface Legacy extends Place {
  readonly counted: readonly Counted[];
}

/** The rules of a namespace; none if no program has used that backend there. Creates no table and loads no module. */
export async function legacyRules(host: Host, netns: string | undefined, isV6: boolean): Promise<Counted[]> {
  const names = `/proc/net/${isV6 ? "ip6" : "ip"}_tables_names`;
  const { stdout } = await host.run(enter(netns, ["cat", names]), { accept: "any" });
  if (stdout === "") return [];
  try {
    const save = `${isV6 ? "ip6tables" : "iptables"}-legacy-save`;
    return parseCounters((await host.run(enter(netns, [save, "-c"]))).stdout);
  } catch (error) {
    if (hasCode(error, "LN_COMMAND", "LN_TOOL", "LN_KERNEL", "LN_PERMISSION")) return [];
    throw error;
  }
}

/** Parses the output of `iptables-save -c`. */
function parseCounters(saved: string): Counted[] {
  let table = "";
  return saved.split("\n").flatMap((line): Counted[] => {
    const [, name] = /^\*(\S+)$/.exec(line) ?? [];
    if (name !== undefined) table = name;
    const policy = /^:(\S+) (ACCEPT|DROP) \[(\d+):/.exec(line);
    if (policy) {
      const [, chain = "", verdict = "", packets] = policy;
      return [{ table, chain, text: `policy ${verdict}`, drops: verdict === "DROP", packets: Number(packets) }];
    }
    const [, packets, text = "", chain = ""] = /^\[(\d+):\d+\] (-A (\S+).*)$/.exec(line) ?? [];
    if (packets === undefined) return [];
    const drops = / -j (DROP|REJECT)\b/.test(text);
    return [{ table, chain, drops, packets: Number(packets), ...withoutMark(text) }];
  });
}

/** The rules that counted packets between two reads; none if the rules were changed. */
export function countedSince(before: readonly Counted[], after: readonly Counted[]): Counted[] {
  const isSame = before.length === after.length && before.every(({ text }, index) => text === after[index]?.text);
  return isSame ? after.filter(({ packets }, index) => packets > (before[index]?.packets ?? 0)) : [];
}
