/** Commands that print all that a kind could leave in a namespace. They are few, since each takes long on an emulated machine. */
const parts = [
  "ip -o link",
  "ip -o address",
  "ip -4 route show table all; ip -6 route show table all",
  "iptables-save 2>/dev/null; ip6tables-save 2>/dev/null",
  "ipset save 2>/dev/null",
  "nft -s list ruleset 2>/dev/null",
  "[ -s /proc/net/ip_vs ] && ipvsadm -S -n",
  // The fdb also has the links' own addresses. Those of the tests have a common prefix.
  "ip neigh show nud permanent; ip neigh show proxy; bridge fdb show | grep -E '^(02:00:00:00:00|00:00:00:00:00):'",
];

export const traceOfNamespace = parts.join("; echo @@; ");

/** The tables of nft that are not from iptables. Those of iptables appear with its first rule, and stay. */
function foreignTables(lines: readonly string[]): string[] {
  const tables = lines.join("\n").split(/^(?=table )/m);
  return tables.filter((table) => table && !/^table ip6? (filter|nat|mangle|raw|security) /.test(table));
}

/** The parts of the output that stay the same if nobody changes anything. */
export function readTrace(text: string): string {
  const [links = [], addresses = [], routes = [], rules = [], sets = [], tables = [], services = [], ...more] = text
    .split("@@\n")
    .map((part) => part.split("\n").filter((line) => line && !line.includes("fe80:")));
  return [
    ...links.map((line) =>
      line.replace(/^\d+: /, "").replace(/@[^:]*|NO-CARRIER,|,LOWER_UP| qdisc [^ ]*| state .*/g, ""),
    ),
    // Links that are made again get other link-local addresses.
    ...addresses.map((line) => line.split(/ +/).slice(1, 4).join(" ")),
    // The routes of links that come up at the same time are in any order.
    ...routes.map((line) => line.replace(/ expires \S*/, "")).sort(),
    ...rules.filter((line) => /^-A|^:\S+ (-|DROP) /.test(line)),
    ...sets.map((line) => line.replace(/ (hashsize|initval) \S+/g, "")).sort(),
    ...foreignTables(tables),
    ...services,
    ...more.flat().sort(),
  ].join("\n");
}
