import type { Values } from "../../../provider/src/core/check";
import { kinds } from "../../../provider/src/kinds";

/** An object of a namespace, as the tools print it. */
interface Object {
  readonly sort: string;
  /** The words in which discover names it if it is left out. */
  readonly text: string;
  /** Whether a resource of this type with these inputs makes it. */
  isOf(type: string, inputs: Values): boolean;
}

type Parts = Readonly<Record<string, string[]>>;

export function partsOf(text: string): Parts {
  const parts = text.split(/^@@ /m).slice(1);
  return Object.fromEntries(
    parts.map((part) => {
      const [title = "", ...lines] = part.split("\n");
      return [title, lines.filter(Boolean)];
    }),
  );
}

/** The objects of a namespace, without those of a new namespace and those that the kernel makes together with others. */
export function objectsOf(now: Parts, ofNew: Parts): Object[] {
  const linkLines = now.links ?? [];
  const macs = linkLines.map((line) => /link\/\S+ (\S+)/.exec(line)?.[1]);
  const names = (lines: readonly string[] | undefined) =>
    (lines ?? []).map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "");
  const links = names(linkLines).filter((name) => !names(ofNew.links).includes(name));
  const hasNew = (title: string, line: string) => (ofNew[title] ?? []).includes(line);
  return [
    ...links.map((name) => ({
      ...{ sort: "link", text: `link ${name}` },
      isOf: (type: string, inputs: Values) => inputs.name === name && kinds[type]?.tags?.includes("link") === true,
    })),
    ...(now.addresses ?? []).flatMap((line) => {
      const [, device = "", cidr = "", peer] = /^\d+: (\S+) +inet6? (\S+)(?: peer (\S+))?/.exec(line) ?? [];
      if (["127.0.0.1/8", "::1/128"].includes(cidr) || /^fe80:/.test(cidr)) return [];
      const text = `address ${cidr}${peer ? ` peer ${peer}` : ""} dev ${device}`;
      return [{ sort: "address", text, isOf: (_: string, inputs: Values) => hasAddress(inputs, device, cidr) }];
    }),
    ...(now.routes ?? []).flatMap((line) => {
      const [, type = "", dst = ""] =
        /^(?:(unicast|local|blackhole|unreachable|prohibit|throw|broadcast|multicast|anycast) )?(\S+)/.exec(line) ?? [];
      if (/ proto (kernel|ra) /.test(`${line} `) || ["broadcast", "multicast", "anycast"].includes(type)) return [];
      if (line.startsWith("\t")) return [];
      const table = / table (\S+)/.exec(line)?.[1];
      const number = table === "local" ? 255 : table === undefined ? undefined : Number(table);
      const isOf = (kind: string, { destination, table }: Values) =>
        kind === "Route" && String(destination).replace("::/0", "default") === dst && table === number;
      return [{ sort: "route", text: `oute ${dst}`, isOf }];
    }),
    ...(now.rules ?? []).flatMap((line) => {
      if (hasNew("rules", line) || line.includes("proto kernel")) return [];
      const [, family = "", priority = ""] = /^(ipv[46]) (\d+):/.exec(line) ?? [];
      const isOf = (kind: string, inputs: Values) =>
        kind === "PolicyRule" && inputs.family === family && inputs.priority === Number(priority);
      const text = family === "ipv6" ? `Rule ipv6 ${priority}@` : `Rule ${priority}@`;
      return [{ sort: "rule", text, isOf }];
    }),
    ...(now.neighbours ?? []).map((line) => {
      const [, address = "", device = ""] = /^(\S+) dev (\S+)/.exec(line) ?? [];
      const text = `neighbour ${/proxy\s*$/.test(line) ? "proxy " : ""}${address} dev ${device}`;
      const isOf = (_: string, inputs: Values) => inputs.device === device && inputs.address === address;
      return { sort: "neighbour", text, isOf };
    }),
    ...(now.fdb ?? []).flatMap((line) => {
      const [, mac = "", device = ""] = /^(\S+) dev (\S+)/.exec(line) ?? [];
      const isMulticast = /^.[13579bdf]:/.test(mac) && !line.includes(" dst ");
      if (!/(permanent|static)$/.test(line.trim()) || macs.includes(mac) || isMulticast) return [];
      const remote = / dst (\S+)/.exec(line)?.[1];
      if (mac.startsWith("00:00:00:00") && linkLines.some((link) => link.includes(` remote ${remote} `))) return [];
      const isOf = (_: string, inputs: Values) => inputs.device === device && inputs.mac === mac;
      return [{ sort: "fdb", text: `fdb ${mac} dev ${device}`, isOf }];
    }),
    ...(now.qdiscs ?? []).flatMap((line) => {
      const [, kind = "", handle = "", device = ""] = /^qdisc (\S+) (\S+) dev (\S+)/.exec(line) ?? [];
      if (handle === "0:") return [];
      const isOf = (_: string, inputs: Values) =>
        (inputs.device === device && inputs.kind === kind) ||
        (inputs.name === device && inputs.impairment !== undefined && kind === "netem");
      return [{ sort: "qdisc", text: `qdisc ${kind} dev ${device}`, isOf }];
    }),
    ...(now.filters ?? []).flatMap((line) => {
      const form =
        /^filter (\S+) (?:parent )?(\S+) .*?protocol (\S+) pref (\d+) (\S+) chain \d+ (?:handle|fh) (\S+) ?(.*)$/;
      const [, device = "", parent = "", protocol, pref, kind = "", handle = "", rest] = form.exec(line) ?? [];
      if (kind === "" || rest?.trim() === "ht divisor 1") return [];
      const number = kind === "u32" ? Number.parseInt(handle.split(":")[2] ?? "", 16) : Number.parseInt(handle, 16);
      const isOf = (type: string, inputs: Values) =>
        type === "TrafficFilter" &&
        [inputs.device, inputs.parent, inputs.priority, inputs.handle].join() === [device, parent, pref, number].join();
      return [
        {
          sort: "filter",
          text: `filter dev ${device} ${parent} protocol ${protocol} pref ${pref} ${kind} ${handle}`,
          isOf,
        },
      ];
    }),
    ...(now.nft ?? []).flatMap((line) => {
      const [, family = "", name = ""] = /^table (\S+) (\S+)$/.exec(line) ?? [];
      const tables = now[`${family === "ip6" ? "ipv6" : "ipv4"} tables`] ?? [];
      const isForeign = tables.some((each) => each.startsWith(`# Table \`${name}' `));
      if (/^ip6?$/.test(family) && tables.includes(`*${name}`) && !isForeign) return [];
      const isOf = (_: string, inputs: Values) => inputs.family === family && inputs.name === name;
      return [{ sort: "nft", text: `nft table ${family} ${name}`, isOf }];
    }),
    ...(["ipv4", "ipv6"] as const).flatMap((family) => tableObjects(family, now[`${family} tables`] ?? [])),
    ...(now.sets ?? []).map((name) => ({
      ...{ sort: "set", text: `IpSet ${name}` },
      isOf: (kind: string, inputs: Values) => kind === "IpSet" && inputs.name === name,
    })),
    ...(now.xfrm ?? []).map((line) => {
      const [, first = "", source, destination] = /^(src (\S+) dst ([^\s\\]+))/.exec(line) ?? [];
      const direction = /\tdir (\S+)/.exec(line)?.[1];
      const isOf = (type: string, inputs: Values) =>
        type === (direction ? "XfrmPolicy" : "XfrmState") &&
        (direction ? inputs.direction === direction && inputs.source === source : true) &&
        inputs.destination === destination;
      return { sort: "xfrm", text: first, isOf };
    }),
    ...[...(now.rare ?? []), ...(now.bridges ?? [])].flatMap((text) =>
      hasNew("rare", text) ? [] : [{ sort: "rare", text: text.trim(), isOf: isMade(text.trim()) }],
    ),
    ...settingObjects(now.settings ?? [], ofNew.settings ?? []),
  ];
}

/** Whether a kind makes one of the rare objects. */
function isMade(text: string) {
  return (type: string, { label, port }: Values) =>
    (type === "MplsRoute" && text === `mpls route ${label}`) || (type === "Fou" && text === `fou port ${port}`);
}

function hasAddress(inputs: Values, device: string, cidr: string): boolean {
  const { addresses } = inputs;
  if (inputs.name === device && Array.isArray(addresses) && addresses.includes(cidr)) return true;
  return inputs.device === device && String(inputs.address).split("/")[0] === cidr.split("/")[0];
}

function tableObjects(family: string, lines: readonly string[]): Object[] {
  const counts = new Map<string, number>();
  let table = "";
  return lines.flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    const isNamed = (kind: string, name: string | undefined) => (type: string, inputs: Values) =>
      type === kind &&
      inputs.family === family &&
      inputs.table === tableOfLine &&
      [inputs.name, inputs.chain].includes(name);
    const tableOfLine = table;
    if (chain && policy === "-")
      return [
        { sort: "chain", text: `IptablesChain ${family}/${table}/${chain}`, isOf: isNamed("IptablesChain", chain) },
      ];
    if (chain && policy !== "ACCEPT")
      return [
        { sort: "policy", text: `IptablesPolicy ${family}/${table}/${chain}`, isOf: isNamed("IptablesPolicy", chain) },
      ];
    const [, of] = /^-A (\S+)/.exec(line) ?? [];
    if (of === undefined) return [];
    const number = (counts.get(`${table} ${of}`) ?? 0) + 1;
    counts.set(`${table} ${of}`, number);
    // The place of a rule is no input. Its id identifies it.
    const id = `${family}/${table}/${of}/${number}`;
    return [
      {
        sort: "iptables",
        text: `IptablesRule ${id}`,
        isOf: (type: string, inputs: Values) => type === "IptablesRule" && inputs.id === id,
      },
    ];
  });
}

/** The settings that differ from those of a new namespace, and for each link those that differ from the default. */
function settingObjects(now: readonly string[], ofNew: readonly string[]): Object[] {
  const read = (lines: readonly string[]) =>
    new Map(lines.map((line) => /^\/proc\/sys\/([^:]*):(.*)$/.exec(line)?.slice(1) as [string, string]));
  const [here, there] = [read(now), read(ofNew)];
  // Settings that the kernel changes together with others, counts, or sets by the type of the link.
  const others = /forwarding|accept_redirects|_count$|\/mtu$|ipv6\/conf\/.*\/(accept_dad|use_tempaddr|addr_gen_mode)$/;
  return [...here].flatMap(([key, value]) => {
    const usual = there.get(key) ?? here.get(key.replace(/^(net\/ipv[46]\/conf)\/[^/]+\//, "$1/default/"));
    if (usual === undefined || usual === value || others.test(key)) return [];
    return [
      {
        sort: "setting",
        text: `Sysctl ${key}`,
        isOf: (type: string, inputs: Values) => type === "Sysctl" && inputs.key === key,
      },
    ];
  });
}
