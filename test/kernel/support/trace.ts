/** What a kind could leave in a namespace, printed in parts; few commands, since on an emulated machine each takes its time. */
const parts = [
  "ip -o link",
  "ip -o address",
  "ip -4 route show table all; ip -6 route show table all",
  "iptables-save 2>/dev/null; ip6tables-save 2>/dev/null",
  "ipset save 2>/dev/null",
  "nft -s list ruleset 2>/dev/null",
  "[ -s /proc/net/ip_vs ] && ipvsadm -S -n",
  // Links have addresses of their own in there too: those of the tests begin alike.
  "ip neigh show nud permanent; ip neigh show proxy; bridge fdb show | grep -E '^(02:00:00:00:00|00:00:00:00:00):'",
];

export const traceOfNamespace = parts.join("; echo @@; ");

/** The tables of nft that are not of iptables: those come with its first rule, and stay. */
function foreignTables(lines: readonly string[]): string[] {
  const tables = lines.join("\n").split(/^(?=table )/m);
  return tables.filter((table) => table && !/^table ip6? (filter|nat|mangle|raw|security) /.test(table));
}

/** What of it stays the same as long as nobody changes anything. */
export function readTrace(text: string): string {
  const [links = [], addresses = [], routes = [], rules = [], sets = [], tables = [], services = [], ...more] = text
    .split("@@\n")
    .map((part) => part.split("\n").filter((line) => line && !line.includes("fe80:")));
  return [
    ...links.map((line) =>
      line.replace(/^\d+: /, "").replace(/@[^:]*|NO-CARRIER,|,LOWER_UP| qdisc [^ ]*| state .*/g, ""),
    ),
    // Links that are made anew get other addresses of their own.
    ...addresses.map((line) => line.split(/ +/).slice(1, 4).join(" ")),
    // Those of links that come up together are in any order.
    ...routes.map((line) => line.replace(/ expires \S*/, "")).sort(),
    ...rules.filter((line) => /^-A|^:\S+ (-|DROP) /.test(line)),
    ...sets.map((line) => line.replace(/ (hashsize|initval) \S+/g, "")).sort(),
    ...foreignTables(tables),
    ...services,
    ...more.flat().sort(),
  ].join("\n");
}
