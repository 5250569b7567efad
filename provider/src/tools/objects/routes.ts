import type { KernelObject } from "../../core/kernel-object";
import type { Host } from "../../host";
import { hasIpv6, ip } from "../ip/ip";
import { parseJson } from "../ip/json";
import { showMplsRoutes } from "../ip/mpls-routes";
import { mainTable, metric6, type RouteEntry, showAllRoutes } from "../ip/routes";
import { type RuleEntry, showRules } from "../ip/rules";
import { withoutInput } from "./options";

const kernelProtocol = "2";

/** Those of administrators: boot and static. */
const administrators = ["3", "4"];

/** Who made a route, by rtnetlink's protocol number; without administrators. */
const makers: Readonly<Record<string, string>> = {
  "1": "an ICMP redirect",
  "9": "a router's advertisement",
  "16": "a DHCP client",
};

export const routeObjects = {
  name: "routes",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const each = await Promise.all(([4, 6] as const).map((version) => showAllRoutes(host, netns, version)));
    return each.flatMap((routes, index) =>
      routes
        .filter(({ protocol }) => protocol !== kernelProtocol)
        .map((route) => routeObject(index === 1 && route.dst === "default" ? { ...route, dst: "::/0" } : route)),
    );
  },
};

/** Attributes of routes that no input has, as `ip -j` prints them: `flow` are realms. */
export const routeOptions = {
  name: "attributes of routes",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const each = await Promise.all(([4, 6] as const).map((version) => showAllRoutes(host, netns, version)));
    return each
      .flat()
      .flatMap((route) => attributesOf(route).map((words) => withoutInput(`route ${route.dst} ${words}`)));
  },
};

function attributesOf({
  protocol,
  metrics: [metrics = {}],
  flow,
  pref = "medium",
  nexthops = [],
}: RouteEntry): string[] {
  if (!administrators.includes(protocol)) return [];
  const { mtu: _, advmss: __, ...others } = metrics;
  const realms = [flow, ...nexthops.map((hop) => hop.flow)].filter((each) => each !== undefined);
  const words = Object.entries(others).map(([key, value]) => (value === null ? key : `${key} ${value}`));
  return [
    ...words,
    ...realms.map(({ from, to }) => `realms ${from === undefined ? to : `${from}/${to}`}`),
    ...(pref === "medium" ? [] : [`pref ${pref}`]),
  ];
}

function routeObject({ dst, metric, table, protocol, tos, from }: RouteEntry): KernelObject {
  const number = Number(table ?? mainTable);
  const usual = dst.includes(":") ? metric6 : 0;
  const inputs = {
    destination: dst,
    metric: metric === usual ? undefined : metric,
    table: number === mainTable ? undefined : number,
  };
  const words = Object.entries({ metric: inputs.metric, table: inputs.table, tos, from }).filter(([, value]) => value);
  return {
    what: ["route", dst, ...words.flat()].join(" "),
    why: `${makers[protocol] ?? `routing protocol ${protocol}`} made it`,
    coveredBy: [{ inputs }],
  };
}

export const mplsObjects = {
  name: "routes of MPLS",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    return (await showMplsRoutes(host, netns)).map(({ dst, protocol }) => ({
      what: `mpls route ${dst}`,
      why: `routing protocol ${protocol} made it`,
      coveredBy: [{ of: "MplsRoute", inputs: { label: Number(dst) } }],
    }));
  },
};

/** The rules of a new namespace: priority, and table. */
const rulesOfNewNetns = {
  4: [
    [0, "255"],
    [32766, "254"],
    [32767, "253"],
  ],
  6: [
    [0, "255"],
    [32766, "254"],
  ],
} as const;

export const ruleObjects = {
  name: "rules of policy routing",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const each = await Promise.all(
      ([4, 6] as const).map(async (version) => {
        if (version === 6 && !(await hasIpv6(host))) return [];
        const rules = await showRules(host, netns, version);
        const written = rules.filter(({ protocol }) => protocol !== kernelProtocol);
        return [...written.map((rule) => ruleObject(version, rule)), ...missingRules(version, rules)];
      }),
    );
    return each.flat();
  },
};

function ruleObject(version: 4 | 6, { priority }: RuleEntry): KernelObject {
  const family = version === 6 ? "ipv6" : "ipv4";
  return {
    what: `${family} rule ${priority}`,
    why: "nothing that can be imported is such a rule",
    coveredBy: [{ inputs: { priority, family } }],
  };
}

/** The kernel's rules that somebody deleted: no resource can do that. */
function missingRules(version: 4 | 6, rules: readonly RuleEntry[]): KernelObject[] {
  const isThere = (priority: number) =>
    rules.some((rule) => rule.priority === priority && rule.protocol === kernelProtocol);
  return rulesOfNewNetns[version].flatMap(([priority, table]) =>
    isThere(priority)
      ? []
      : [
          {
            what: `no ipv${version} rule ${priority} of the kernel's, from all lookup ${table}`,
            why: "somebody deleted it, and no resource deletes what the kernel made",
            coveredBy: [],
          },
        ],
  );
}

interface NextHopEntry {
  readonly id: number;
  readonly protocol?: string;
}

export const nextHopObjects = {
  name: "next hops",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const list = parseJson((await ip(host, netns, "-N", "-j", "nexthop", "show")) || "[]") as NextHopEntry[];
    return list.map(({ id }) => ({
      what: `nexthop id ${id}`,
      why: "no kind has next hops with a number of their own",
      coveredBy: [],
    }));
  },
};
