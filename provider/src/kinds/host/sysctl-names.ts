// The kernel's names of settings: which of them name the same variable, and which follow another.

/** Second names of variables, in the same unit. */
const aliases = new Map([
  ["net/ipv4/conf/all/forwarding", "net/ipv4/ip_forward"],
  ["net/nf_conntrack_max", "net/netfilter/nf_conntrack_max"],
]);

/** The first name of a variable that has two. */
export function variableOf(key: string): string {
  return aliases.get(key) ?? key;
}

/** Names of variables that also have a name in a finer unit. */
const coarse: readonly { pattern: RegExp; finer: string }[] = [
  { pattern: /^(net\/ipv[46]\/neigh\/[^/]+\/(?:retrans_time|base_reachable_time))$/, finer: "$1_ms" },
  { pattern: /^(net\/ipv[46]\/neigh\/[^/]+\/unres_qlen)$/, finer: "$1_bytes" },
  { pattern: /^(net\/ipv[46]\/route\/gc_min_interval)$/, finer: "$1_ms" },
];

/** Settings that exist for each link: the name of the link, and the name of the setting. */
const ofLink = /^(net\/ipv[46]\/(?:conf|neigh))\/([^/]+)\/([^/]+)$/;

/** The link of a setting; undefined: it belongs to no link, or to all of them. */
export function linkOf(key: string): string | undefined {
  const [, , link] = ofLink.exec(key) ?? [];
  return link === "all" || link === "default" ? undefined : link;
}

/** IPv6 settings of `all` that the kernel copies to every link, and to the default for new links. */
const spread = ["forwarding", "force_forwarding", "disable_ipv6", "addr_gen_mode", "ignore_routes_with_linkdown"];

/** The settings that a write to one of them may change. */
export interface Family {
  readonly folder: string;
  /** The common name in the folder of each link. */
  readonly name: string;
  /** Another setting that the kernel sets too. */
  readonly besides?: string;
  /** "all": each link follows, as intended; "default": only meant for new links, but existing ones follow too. */
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

/** The variable that changes this one too, as intended. */
export function leaderOf(variable: string): string | undefined {
  const [, folder, link, name = ""] = ofLink.exec(variable) ?? [];
  if (link === "all") return undefined;
  if (folder === "net/ipv4/conf" && name === "forwarding") return "net/ipv4/ip_forward";
  return folder === "net/ipv6/conf" && spread.includes(name) ? `${folder}/all/${name}` : undefined;
}

/** Does the variable also have a name in a finer unit? */
export function isCoarse(key: string): boolean {
  return coarse.some(({ pattern }) => pattern.test(key));
}

type Settings = ReadonlyMap<string, string>;

/**
 * The value that a setting has if nobody sets it: that of a new namespace, or that of the setting that it follows or, for a
 * link, was initialized from. `now`: all settings of its namespace; `ofNew`: those of a new one.
 */
export function baselineOf(key: string, now: Settings, ofNew: Settings): string | undefined {
  const leader = leaderOf(key);
  if (leader !== undefined) return now.get(leader);
  const [, folder = "", link, name = ""] = ofLink.exec(key) ?? [];
  // The kernel sets it together with another one.
  if (key === "net/ipv4/conf/all/accept_redirects") {
    const forwards = now.get("net/ipv4/ip_forward");
    return forwards === ofNew.get("net/ipv4/ip_forward") ? ofNew.get(key) : String(1 - Number(forwards));
  }
  const usual = ofNew.get(key);
  if (usual !== undefined || link === undefined) return usual;
  return now.get(`${folder}/default/${name}`) ?? ofNew.get(`${folder}/lo/${name}`);
}

/** The lock for a variable: all settings of a family share one. */
export function groupOf(variable: string): string {
  const [, folder, , name] = ofLink.exec(variable) ?? [];
  if (folder === "net/ipv4/conf" && name === "accept_redirects") return "net/ipv4/ip_forward";
  return (folder && (leaderOf(variable) ?? `${folder}/${name}`)) || variable;
}

const switches =
  /^net\/(ipv4\/ip_forward|ipv[46]\/conf\/[^/]+\/(forwarding|accept_redirects|send_redirects|proxy_arp|disable_ipv6)|bridge\/bridge-nf-.*|ipv4\/vs\/conntrack)$/;
const ofThree = /^net\/(ipv4\/conf\/[^/]+\/rp_filter|ipv6\/conf\/[^/]+\/accept_ra)$/;

/** The errors that are known without the kernel. */
export function* sysctlRules(key: string, value: string): Iterable<readonly [property: string, rule: string]> {
  const [, folder, ...rest] = /^(net\/ipv[46]\/(?:conf|neigh))\/(.+)\/([^/]+)$/.exec(key) ?? [];
  const [link = "", name] = rest;
  if (folder && link.includes("/")) {
    yield ["key", `the dots of a link's name need slashes around it: ${folder}/${link.replaceAll("/", ".")}/${name}`];
  }
  if (/^net\/ipv[46]\/route\/flush$/.test(key)) yield ["key", "is not a setting: a write to it empties a cache"];
  for (const { pattern, finer } of coarse) {
    if (pattern.test(key))
      yield ["key", `is the same variable as ${key.replace(pattern, finer)}, which is finer: set that`];
  }
  if (switches.test(key) && !/^[01]$/.test(value)) yield ["value", `must be 0 or 1 for ${key}`];
  if (ofThree.test(key) && !/^[0-2]$/.test(value)) yield ["value", `must be 0, 1 or 2 for ${key}`];
}
