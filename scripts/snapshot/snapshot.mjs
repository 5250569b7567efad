import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseLinks, parseProcesses, parseRoutes, parseSysctls, parseTables, spaced } from "./parse.mjs";

const probe = readFileSync(join(import.meta.dirname, "probe.sh"), "utf8");

/** The areas of a snapshot. Each is a list of readable lines. */
export const areas = /** @type {const} */ ([
  "links",
  "routes",
  "rules",
  "namespaces",
  "iptables",
  "ipvs",
  "sysctls",
  "modules",
  "processes",
  "files",
]);

/**
 * @typedef {(typeof areas)[number]} Area
 * @typedef {Record<Area, string[]>} Snapshot
 */

/**
 * Reads everything on a host that a lab could leave behind.
 * @param {(argv: string[]) => Promise<string>} run runs a command there as root and returns its standard output
 * @returns {Promise<Snapshot>}
 */
export async function snapshot(run) {
  /** @type {Snapshot} */
  const state = {
    links: [],
    routes: [],
    rules: [],
    namespaces: [],
    iptables: [],
    ipvs: [],
    sysctls: [],
    modules: [],
    processes: [],
    files: [],
  };
  const parts = sections(await run(["sh", "-c", probe, "localnet-snapshot"]));
  if (!parts.some(({ title }) => title === "commands")) throw new Error("the host's state could not be read");
  for (const { title, detail, text } of parts) {
    const lines = text.split("\n").filter(Boolean);
    const of = detail ? `${detail}: ` : "";
    if (title === "links") state.links.push(...parseLinks(text).map((line) => of + line));
    else if (title === "routes") state.routes.push(...parseRoutes(lines).map((line) => of + line));
    else if (title === "rules") state.rules.push(...lines.map((line) => `${of}IPv4 ${spaced(line)}`));
    else if (title === "rules6") state.rules.push(...lines.map((line) => `${of}IPv6 ${spaced(line)}`));
    else if (title === "iptables" || title === "ip6tables") {
      state.iptables.push(...parseTables(lines).map((line) => `${of}${title} ${line}`));
    } else if (title === "sysctls") state.sysctls.push(...parseSysctls(lines));
    else if (title === "namespaces" || title === "ipvs" || title === "modules" || title === "files") {
      state[title].push(...lines);
    }
  }
  const text = (/** @type {string} */ title) => parts.find((part) => part.title === title)?.text ?? "";
  const self = Number(parts.find((part) => part.title === "self")?.detail);
  state.processes = parseProcesses(text("status"), text("commands"), self);
  for (const area of areas) state[area].sort();
  return state;
}

/**
 * @param {Snapshot} before
 * @param {Snapshot} after
 * @returns {string[]} readable lines, none if the two are the same
 */
export function difference(before, after) {
  return areas.flatMap((area) => {
    if (area === "sysctls") return changedValues(before[area], after[area]);
    return [
      ...without(before[area], after[area]).map((line) => `${area}: gone: ${line}`),
      ...without(after[area], before[area]).map((line) => `${area}: new: ${line}`),
    ];
  });
}

/**
 * Keys come and go with links and modules, which have their own areas.
 * @param {string[]} before
 * @param {string[]} after
 */
function changedValues(before, after) {
  const split = (/** @type {string} */ line) => /** @type {[string, string]} */ (line.split(" = ", 2));
  const was = new Map(before.map(split));
  return after.map(split).flatMap(([key, value]) => {
    const old = was.get(key) ?? value;
    return old === value ? [] : [`sysctls: changed: ${key} was ${old}, is ${value}`];
  });
}

/**
 * @param {string[]} lines
 * @param {string[]} others
 */
function without(lines, others) {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** @param {string} output */
function sections(output) {
  return output
    .split("\n@@ ")
    .slice(1)
    .map((section) => {
      const end = section.indexOf("\n");
      const [title = "", detail = ""] = section.slice(0, end).split(" ");
      return { title, detail, text: section.slice(end + 1) };
    });
}
