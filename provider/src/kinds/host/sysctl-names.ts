// What the kernel's names of settings mean: which are one variable, and which follow another.

/** Names of one and the same variable in the same unit. */
const aliases = new Map([
  ["net/ipv4/conf/all/forwarding", "net/ipv4/ip_forward"],
  ["net/nf_conntrack_max", "net/netfilter/nf_conntrack_max"],
]);

/** The one name of a variable that has two. */
export function variableOf(key: string): string {
  return aliases.get(key) ?? key;
}

/** Names of a variable that has another name in a finer unit. */
const coarse: readonly { pattern: RegExp; finer: string }[] = [
  { pattern: /^(net\/ipv[46]\/neigh\/[^/]+\/(?:retrans_time|base_reachable_time))$/, finer: "$1_ms" },
  { pattern: /^(net\/ipv[46]\/neigh\/[^/]+\/unres_qlen)$/, finer: "$1_bytes" },
  { pattern: /^(net\/ipv[46]\/route\/gc_min_interval)$/, finer: "$1_ms" },
];

/** The settings that exist once for each link: the name of the link, and the setting's own. */
const ofLink = /^(net\/ipv[46]\/(?:conf|neigh))\/([^/]+)\/([^/]+)$/;

/** The link that a setting is of; undefined: it is of none, or of all of them. */
export function linkOf(key: string): string | undefined {
  const [, , link] = ofLink.exec(key) ?? [];
  return link === "all" || link === "default" ? undefined : link;
}

/** IPv6 settings of `all` that the kernel writes into every link, and into the default of links to come. */
const spread = ["forwarding", "force_forwarding", "disable_ipv6", "addr_gen_mode", "ignore_routes_with_linkdown"];

/** The settings that a write to one of them may change. */
export interface Family {
  readonly folder: string;
  /** The name that all of them have in their link's folder. */
  readonly name: string;
  /** Another one that the kernel sets with it. */
  readonly besides?: string;
  /** "all": each link follows, which is its purpose; "default": it is meant for links to come, but others follow too. */
  readonly from: "all" | "default";
}

/** The family that a variable leads; undefined: a write to it changes nothing else. */
export function familyOf(variable: string): Family | undefined {
  if (variable === "net/ipv4/ip_forward")
    return { folder: "net/ipv4/conf", name: "forwarding", besides: "accept_redirects", from: "all" };
  const [, folder = "", from, name = ""] = ofLink.exec(variable) ?? [];
  if (from === "all" && folder === "net/ipv6/conf" && spread.includes(name)) return { folder, name, from };
  if (from === "default" && (folder === "net/ipv4/conf" || folder.endsWith("neigh"))) return { folder, name, from };
  return undefined;
}

/** The variable that a write to changes this one too, on purpose. */
export function leaderOf(variable: string): string | undefined {
  const [, folder, link, name = ""] = ofLink.exec(variable) ?? [];
  if (link === "all") return undefined;
  if (folder === "net/ipv4/conf" && name === "forwarding") return "net/ipv4/ip_forward";
  return folder === "net/ipv6/conf" && spread.includes(name) ? `${folder}/all/${name}` : undefined;
}

/** Has the variable another name, in a finer unit? */
export function isCoarse(key: string): boolean {
  return coarse.some(({ pattern }) => pattern.test(key));
}

type Settings = ReadonlyMap<string, string>;

/**
 * What a setting is when nobody sets it: as in a new namespace, or as what it follows or, of a link, began with. `now`: all
 * that there is in its namespace, `ofNew`: in a new one.
 */
export function baselineOf(key: string, now: Settings, ofNew: Settings): string | undefined {
  const leader = leaderOf(key);
  if (leader !== undefined) return now.get(leader);
  const [, folder = "", link, name = ""] = ofLink.exec(key) ?? [];
  // The kernel sets it with another.
  if (key === "net/ipv4/conf/all/accept_redirects") {
    const forwards = now.get("net/ipv4/ip_forward");
    return forwards === ofNew.get("net/ipv4/ip_forward") ? ofNew.get(key) : String(1 - Number(forwards));
  }
  const usual = ofNew.get(key);
  if (usual !== undefined || link === undefined) return usual;
  return now.get(`${folder}/default/${name}`) ?? ofNew.get(`${folder}/lo/${name}`);
}

/** What takes turns: a family, and all that is in it. */
export function groupOf(variable: string): string {
  const [, folder, , name] = ofLink.exec(variable) ?? [];
  if (folder === "net/ipv4/conf" && name === "accept_redirects") return "net/ipv4/ip_forward";
  return (folder && (leaderOf(variable) ?? `${folder}/${name}`)) || variable;
}

const switches =
  /^net\/(ipv4\/ip_forward|ipv[46]\/conf\/[^/]+\/(forwarding|accept_redirects|send_redirects|proxy_arp|disable_ipv6)|bridge\/bridge-nf-.*|ipv4\/vs\/conntrack)$/;
const ofThree = /^net\/(ipv4\/conf\/[^/]+\/rp_filter|ipv6\/conf\/[^/]+\/accept_ra)$/;

/** What is known to be wrong before the kernel is asked. */
export function* sysctlRules(key: string, value: string): Iterable<readonly [property: string, rule: string]> {
  const [, folder, ...rest] = /^(net\/ipv[46]\/(?:conf|neigh))\/(.+)\/([^/]+)$/.exec(key) ?? [];
  const [link = "", name] = rest;
  if (folder && link.includes("/")) {
    yield ["key", `the dots of a link's name need slashes around it: ${folder}/${link.replaceAll("/", ".")}/${name}`];
  }
  if (/^net\/ipv[46]\/route\/flush$/.test(key)) yield ["key", "is no setting: to write it empties a cache"];
  for (const { pattern, finer } of coarse) {
    if (pattern.test(key))
      yield ["key", `is the same variable as ${key.replace(pattern, finer)}, which is finer: set that`];
  }
  if (switches.test(key) && !/^[01]$/.test(value)) yield ["value", `must be 0 or 1 for ${key}`];
  if (ofThree.test(key) && !/^[0-2]$/.test(value)) yield ["value", `must be 0, 1 or 2 for ${key}`];
}
