import type { Draw } from "./draw";
import { kernelName, type Program, type Resource } from "./program";
import { linksIn, linksOf, netnsOf, type ProgramLink } from "./scene";

/** Something that somebody does by hand to what a program made. */
export interface Deed {
  readonly argv: readonly string[];
  /** It adds something that the program does not name, which is to stay; how it is taken away again. */
  readonly undo?: readonly string[];
  /** The resources that it goes with. */
  readonly on: readonly string[];
  /** What it makes is somebody else's, and stands where the program's own was. */
  readonly foreign?: boolean;
}

function ip(netns: string, ...args: string[]): string[] {
  return ["ip", ...(netns === "" ? [] : ["-n", netns]), ...args];
}

function inNetns(netns: string, ...argv: string[]): string[] {
  return netns === "" ? argv : ["nsenter", `--net=/run/netns/${netns}`, ...argv];
}

export function deedsFor(program: Program, draw: Draw): Deed[] {
  const deeds = draw.some(program, 3).flatMap((each) => draw.maybe(possible(program, each, draw)) ?? []);
  // What is added stays only if nothing is taken away under it.
  const added = deeds.filter(({ undo }) => undo);
  return added.length > 0 ? added : deeds;
}

function possible(program: Program, resource: Resource, draw: Draw): Deed[] {
  const { name: by, type, inputs } = resource;
  const netns = netnsOf(program, resource);
  const links = linksOf(program, resource).flatMap((link) => linkDeeds(link, resource, draw));
  const on = [by];
  if (type === "Netns" || type === "Pod") {
    const name = kernelName(resource);
    const del = ["ip", "netns", "del", name];
    const taken = {
      argv: ["sh", "-c", `ip netns del ${name}; sleep 0.1; ip netns add ${name}`],
      on: [by, name],
      foreign: true,
    };
    const down = { argv: ip(name, "link", "set", "dev", "lo", "down"), on };
    const device = linksIn(program, name).find(({ up }) => up);
    const route = device && added(ip(name, "route"), ["10.7.0.0/16", "dev", device.name], [by, device.by]);
    const rule = added(ip(name, "rule"), ["from", "10.7.0.0/16", "priority", "700", "table", "7"], on);
    return [...links, { argv: del, on }, taken, down, rule, ...(route ? [route] : [])];
  }
  if (type === "Route") {
    const key = [
      "route",
      "del",
      String(inputs.destination),
      ...word("metric", inputs.metric),
      ...word("table", inputs.table),
    ];
    const family = String(inputs.destination).includes(":") ? "-6" : "-4";
    return [{ argv: [...ip(netns, family), ...key], on }];
  }
  if (type === "PolicyRule") {
    const family = inputs.family === "ipv6" ? "-6" : "-4";
    return [{ argv: [...ip(netns, family), "rule", "del", "priority", String(inputs.priority)], on }];
  }
  if (type === "Sysctl") {
    // The kernel changes other settings beside it, and those stay with whoever wrote it.
    if (String(inputs.key).includes("forward")) return [];
    const other = String(inputs.value) === "0" ? "1" : "0";
    return [
      { argv: inNetns(netns, "sh", "-c", `echo ${other} > /proc/sys/${String(inputs.key).replaceAll(".", "/")}`), on },
    ];
  }
  if (type === "IptablesRule") {
    const tables = inputs.family === "ipv6" ? "ip6tables" : "iptables";
    const table = String(inputs.table ?? "filter");
    const chain = String(inputs.chain);
    const edit = (verb: string) =>
      inNetns(
        netns,
        tables,
        "-w",
        "-t",
        table,
        verb,
        chain,
        "-s",
        inputs.family === "ipv6" ? "fd00:7::/64" : "10.7.0.0/16",
        "-j",
        "RETURN",
      );
    return [
      { argv: inNetns(netns, tables, "-w", "-t", table, "-D", chain, "1"), on },
      { argv: edit("-I"), undo: edit("-D"), on: [] },
    ];
  }
  if (type === "Process")
    return [
      {
        argv: ["sh", "-c", killed, `LOCALNET_ID=localnet:law/test/${by}`],
        on,
      },
    ];
  return links;
}

/** Kills the processes that have a variable in their environment. They are not gone at once. */
const killed = `for file in $(grep -lszxF "$0" /proc/[0-9]*/environ); do
  folder=\${file%/*}
  kill -9 "\${folder#/proc/}"
  while grep -qszxF "$0" "$file"; do sleep 0.01; done
done`;

function added(object: string[], words: string[], on: readonly string[]): Deed {
  return { argv: [...object, "add", ...words], undo: [...object, "del", ...words], on };
}

function word(name: string, value: unknown): string[] {
  return value === undefined ? [] : [name, String(value)];
}

/** What may be done to a link: what the program asks for is changed; what it does not, is added. */
function linkDeeds({ netns, name, addresses, by, value }: ProgramLink, { type, inputs }: Resource, draw: Draw): Deed[] {
  const on = [by];
  const request = (
    value !== by && type === "VethPair" && typeof value === "string" ? inputs.peer : inputs
  ) as typeof inputs;
  const set = (...words: string[]): Deed => ({ argv: ip(netns, "link", "set", "dev", name, ...words), on });
  const address = draw.maybe(addresses);
  const extra = {
    argv: ip(netns, "addr", "add", "10.0.7.7/24", "dev", name),
    undo: ip(netns, "addr", "del", "10.0.7.7/24", "dev", name),
    on,
  };
  return [
    { argv: ip(netns, "link", "del", "dev", name), on },
    set(request.up === false ? "up" : "down"),
    ...(request.mtu === undefined ? [] : [set("mtu", "1300")]),
    // A pod's is that of its other end.
    ...(request.mac === undefined || (type === "Pod" && name !== "eth0") ? [] : [set("address", "02:00:00:00:00:09")]),
    ...(request.master === undefined && type !== "Pod" ? [] : name === "eth0" ? [] : [set("nomaster")]),
    ...(address === undefined ? [] : [{ argv: ip(netns, "addr", "del", address, "dev", name), on }]),
    extra,
  ];
}
