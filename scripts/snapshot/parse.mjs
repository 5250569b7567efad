/** Values that change by themselves, or are secret. */
const restless = /\/(nf_conntrack_count|tcp_fastopen_key|stable_secret)$/;

const kernelThreadParent = 2;
const commandShown = 200;

/**
 * @param {string} text of ip -j -d address show
 * @returns {string[]}
 */
export function parseLinks(text) {
  return JSON.parse(text.trim() || "[]")
    .filter((/** @type {any} */ link) => link.ifname)
    .map((/** @type {any} */ link) => {
      const kind = link.linkinfo?.info_kind ?? link.link_type;
      const state = link.flags.includes("UP") ? "up" : "down";
      const addresses = link.addr_info.map((/** @type {any} */ { local, prefixlen }) => `${local}/${prefixlen}`);
      const words = [kind, state, `mtu ${link.mtu}`, link.address, ...addresses.sort()];
      if (link.master) words.push(`master ${link.master}`);
      if (link.promiscuity > 0) words.push("promiscuous");
      if (link.ifalias) words.push(`alias ${link.ifalias}`);
      return `${link.ifname} ${words.filter(Boolean).join(" ")}`;
    });
}

/** @param {string[]} lines of ip route show */
export function parseRoutes(lines) {
  return lines.map((line) => spaced(line.replace(/ expires \S+/, "")));
}

/**
 * Leaves out tables without rules, without user-defined chains and with policies ACCEPT, which do nothing.
 * @param {string[]} lines of iptables-save
 */
export function parseTables(lines) {
  /** @type {string[]} */
  const kept = [];
  let table = "";
  for (const line of lines) {
    if (line.startsWith("*")) table = line.slice(1);
    else if (line.startsWith("-")) kept.push(`${table} ${line}`);
    else if (line.startsWith(":") && !/ ACCEPT /.test(line)) kept.push(`${table} ${line.replace(/ \[.*/, "")}`);
  }
  return kept;
}

/** @param {string[]} lines of grep -r '' /proc/sys/... */
export function parseSysctls(lines) {
  return lines.flatMap((line) => {
    const [, key = "", value = ""] = /^\/proc\/sys\/([^:]*):(.*)$/.exec(line) ?? [];
    return key && !restless.test(key) ? [`${key} = ${spaced(value)}`] : [];
  });
}

/**
 * All processes except kernel threads, ssh sessions, and the ancestors and children of the reading process.
 * @param {string} status the files /proc/PID/stat
 * @param {string} commands the words of the files /proc/PID/cmdline, each with its file's name
 * @param {number} self
 */
export function parseProcesses(status, commands, self) {
  const parents = new Map(
    [...status.matchAll(/^(\d+) \(.*\) \S (\d+) /gm)].map(([, pid, parent]) => [Number(pid), Number(parent)]),
  );
  /** @type {Map<number, string[]>} */
  const words = new Map();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the mark that ends each word.
  for (const [, pid, word = ""] of commands.matchAll(/\/proc\/(\d+)\/cmdline:([^\x1f]*)\x1f/g)) {
    words.set(Number(pid), [...(words.get(Number(pid)) ?? []), word]);
  }
  const lineage = (/** @type {number} */ pid) => {
    /** @type {number[]} */
    const line = [];
    for (let at = pid; at > 0 && !line.includes(at); at = parents.get(at) ?? 0) line.push(at);
    return line;
  };
  const above = lineage(self);
  return [...parents.keys()].flatMap((pid) => {
    const line = lineage(pid);
    const command = words.get(pid)?.join(" ") ?? "";
    const ours = above.includes(pid) || line.includes(self) || line.includes(kernelThreadParent);
    return ours || !command || /^sshd(-session)?: /.test(command) ? [] : [`${pid} ${command.slice(0, commandShown)}`];
  });
}

/** @param {string} text */
export function spaced(text) {
  return text.replace(/\s+/g, " ").trim();
}
