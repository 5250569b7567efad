/** @typedef {"iptables" | "ipvs" | "nftables"} Mode */

/**
 * Removes the chains and rules of the real kube-proxy that KubeProxyNode leaves out. docs/kube-proxy.md lists them, with reasons.
 * @param {string} text as iptables-save prints it
 */
export function withoutExtras(text) {
  const lines = text.split("\n").filter((line) => !line.includes("KUBE-PROXY-CANARY"));
  return lines
    .filter((line) => !line.includes("localhost_nps_accepted_pkts"))
    .map((line) => line.replace(/ -m nfacct --nfacct-name {2}\S+/, ""))
    .join("\n");
}

/**
 * A rule as iptables-save prints it, without our marks, and with its matches sorted: their order has no meaning.
 * @param {string} text
 */
export function ruleText(text) {
  const unmarked = text
    .replace(/ -m comment --comment "?localnet:\S+/, "")
    .replace(/ localnet:[^ "]+"/, '"')
    .replace(/--comment "(\S+)"/, "--comment $1");
  const [first, ...parts] = unmarked.replace(" -j ", " -m ~j ").split(" -m ");
  // -m tcp and -m udp without options: -p already says it.
  const matches = parts.filter((part) => !/^(tcp|udp)$/.test(part));
  return [first, ...matches.sort()].join(" -m ").replace("-m ~j", "-j");
}

/**
 * Rules, sorted by their chains. The rules of one chain keep their order.
 * @param {string[]} lines
 */
export function byChain(lines) {
  const chainOf = (/** @type {string} */ line) => line.split(" ")[1] ?? "";
  return lines.toSorted((one, other) => (chainOf(one) < chainOf(other) ? -1 : Number(chainOf(one) > chainOf(other))));
}

/**
 * The lines of a text, trimmed and sorted, without empty ones.
 * @param {string} text
 */
export function linesOf(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .sort();
}

/** @param {string} text what ipset save prints */
export function setLines(text) {
  return linesOf(text.replace(/ bucketsize \d+| initval \S+/g, ""));
}

/**
 * The chains that are not built in, and the rules of all chains.
 * @param {string} text as iptables-save prints it
 * @param {string} family
 */
function tableLines(text, family) {
  const tables = withoutExtras(text).split(/^\*/m).slice(1);
  return tables.flatMap((each) => {
    const [name, ...lines] = each.split("\n");
    const chains = lines.filter((line) => /^:\S+ - /.test(line)).map((line) => `chain ${line.slice(1).split(" ")[0]}`);
    const rules = byChain(lines.filter((line) => line.startsWith("-A ")).map(ruleText));
    return [...chains.sort(), ...rules].map((line) => `${family} ${name}: ${line}`);
  });
}

/** @param {string} text as nft prints a table */
function nftLines(text) {
  const sorted = text.replace(/elements = \{(.*?)\}$/gms, (_, /** @type {string} */ elements) => {
    const each = elements.split(",").map((part) => part.trim().replace(/\s+/g, " "));
    return `elements: ${each.sort().join("; ")}`;
  });
  // Elements, chains, sets and maps have no order. The lines of a chain have one.
  const blocks = sorted.split(/^\t(?=\S.*\{$)/m).map((block) => block.split("\n").map((line) => line.trim()));
  return blocks
    .map((lines) => lines.filter((line) => line !== "" && line !== "}" && !/^comment "/.test(line)))
    .filter(([head = ""]) => head !== "" && !head.startsWith("table "))
    .flatMap(([head = "", ...lines]) => [head, ...lines.map((line) => `${head} ${line}`)])
    .sort();
}

/**
 * The commands that print the objects of a mode, and how the output of each becomes lines.
 * @type {Record<Mode, { argv: string[], lines: (text: string) => string[] }[]>}
 */
const printed = {
  iptables: [
    { argv: ["iptables-save"], lines: (text) => tableLines(text, "ipv4") },
    { argv: ["ip6tables-save"], lines: (text) => tableLines(text, "ipv6") },
  ],
  ipvs: [
    { argv: ["iptables-save"], lines: (text) => tableLines(text, "ipv4") },
    { argv: ["ip6tables-save"], lines: (text) => tableLines(text, "ipv6") },
    { argv: ["ipset", "save"], lines: setLines },
    { argv: ["ipvsadm-save", "-n"], lines: linesOf },
    {
      argv: ["ip", "-o", "addr", "show", "dev", "kube-ipvs0"],
      lines: (text) => [...text.matchAll(/inet6? (\S+)/g)].map(([, address]) => `kube-ipvs0: ${address}`).sort(),
    },
  ],
  nftables: ["ip", "ip6"].map((family) => ({
    argv: ["nft", "list", "table", family, "kube-proxy"],
    lines: (text) => nftLines(text).map((line) => `${family}: ${line}`),
  })),
};

/**
 * The objects in the kernel of a node, a line each.
 * @param {(argv: string[]) => Promise<string>} inNode runs a command in the node's namespace
 * @param {Mode} mode
 */
export async function kernelObjects(inNode, mode) {
  const lines = [];
  for (const each of printed[mode]) lines.push(...each.lines(await inNode(each.argv)));
  return lines;
}

/**
 * The lines that only one side has: "-" for ours, "+" for theirs. If there are none, the first line at another place.
 * @param {string[]} ours
 * @param {string[]} theirs
 */
export function difference(ours, theirs) {
  const missing = ours.filter((line) => !theirs.includes(line)).map((line) => `- ${line}`);
  const more = theirs.filter((line) => !ours.includes(line)).map((line) => `+ ${line}`);
  if (missing.length + more.length > 0) return [...missing, ...more];
  const at = ours.findIndex((line, index) => theirs[index] !== line);
  return at < 0 && ours.length === theirs.length
    ? []
    : [`! ${ours[at] ?? theirs[ours.length]}: elsewhere in its chain`];
}
