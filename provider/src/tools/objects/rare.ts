import { z } from "zod";
import type { KernelObject, ObjectReader } from "../../core/kernel-object";
import { hasCode } from "../../errors";
import { cached, type Host } from "../../host";
import { enter, runInNewNetns } from "../../host/netns";
import { ip } from "../ip/ip";
import { parseJson } from "../ip/json";
import { showLinks } from "../ip/links";

// What labs rarely have and no kind makes.

type Entry = Readonly<Record<string, unknown>>;

interface Listing {
  readonly name: string;
  /** Its family of generic netlink. It is only listed if the family exists, because listing it would load the module. */
  readonly family?: string;
  /** The arguments of `ip` that list it. */
  readonly words: readonly string[];
  /** An object in the tool's words; undefined: a new namespace has it too. */
  what(entry: Entry): string | undefined;
}

const listings: readonly Listing[] = [
  {
    ...{ name: "tunnels of L2TP", family: "l2tp", words: ["l2tp", "show", "tunnel"] },
    what: ({ tunnel_id: id, local, peer }) => `l2tp tunnel ${id} from ${local} to ${peer}`,
  },
  {
    ...{ name: "ports that FOU receives at", family: "fou", words: ["fou", "show"] },
    what: ({ port, ipproto }) => `fou port ${port}${ipproto === undefined ? "" : ` ipproto ${ipproto}`}`,
  },
  {
    ...{ name: "endpoints of MPTCP", family: "mptcp_pm", words: ["mptcp", "endpoint", "show"] },
    what: ({ address, id }) => `mptcp endpoint ${address} id ${id}`,
  },
  {
    ...{ name: "namespaces of IOAM", family: "IOAM6", words: ["ioam", "namespace", "show"] },
    what: ({ namespace }) => `ioam namespace ${namespace}`,
  },
  {
    ...{ name: "schemas of IOAM", family: "IOAM6", words: ["ioam", "schema", "show"] },
    what: ({ schema }) => `ioam schema ${schema}`,
  },
  {
    ...{ name: "routes of multicast", words: ["mroute", "show"] },
    what: ({ src, dst, iif }) => `mroute ${src} ${dst} iif ${iif}`,
  },
  {
    ...{ name: "routes of multicast, IPv6", words: ["-6", "mroute", "show"] },
    what: ({ src, dst, iif }) => `mroute ${src} ${dst} iif ${iif}`,
  },
  multicastRules("ipv4", "-4"),
  multicastRules("ipv6", "-6"),
  {
    ...{ name: "tokens of links", words: ["token", "list"] },
    what: ({ token, ifname }) => (token === "::" ? undefined : `token ${token} dev ${ifname}`),
  },
];

/** The rules that choose a table for multicast packets. The kernel's own rule is the last. */
function multicastRules(family: string, option: string): Listing {
  return {
    ...{ name: `rules of multicast, ${family}`, words: [option, "-N", "-d", "mrule", "show"] },
    what: ({ priority, protocol }) => (protocol === "2" ? undefined : `${family} mrule ${priority}`),
  };
}

function readerOf({ name, family, words, what }: Listing): ObjectReader {
  return {
    name,
    async read(host, netns) {
      if (family !== undefined && !(await families(host)).includes(family)) return [];
      const entries = z.array(z.looseObject({})).parse(parseJson((await ip(host, netns, "-j", ...words)) || "[]"));
      return objectsOf(entries.map(what));
    },
  };
}

function objectsOf(list: readonly (string | undefined)[]): KernelObject[] {
  return list.flatMap((what) => (what === undefined ? [] : [{ what, why: "no kind has it", coveredBy: [] }]));
}

/** The families of generic netlink that exist. */
function families(host: Host): Promise<string[]> {
  return cached(host, "families of generic netlink", async () =>
    [...(await host.run(["genl", "ctrl", "list"])).stdout.matchAll(/^Name: (\S+)$/gm)].map(([, name = ""]) => name),
  );
}

const segments: ObjectReader = {
  name: "settings of segment routing",
  async read(host, netns) {
    if (!(await families(host)).includes("SEG6")) return [];
    const source = /addr (\S+)/.exec(await ip(host, netns, "sr", "tunsrc", "show"))?.[1];
    // The text after the number is the secret key.
    const keys = [...(await ip(host, netns, "sr", "hmac", "show")).matchAll(/^hmac (\S+) /gm)];
    return objectsOf([
      source === undefined || source === "::" ? undefined : `sr tunsrc ${source}`,
      ...keys.map(([, id]) => `sr hmac ${id}`),
    ]);
  },
};

const limits: ObjectReader = {
  name: "limits of MPTCP",
  async read(host, netns) {
    if (!(await families(host)).includes("mptcp_pm")) return [];
    const now = (await ip(host, netns, "mptcp", "limits", "show")).trim();
    const usual = await ofNew(host, ["ip", "mptcp", "limits", "show"]);
    return objectsOf([usual === undefined || now === usual.trim() ? undefined : `mptcp limits ${now}`]);
  },
};

const labelJson = z.object({
  address: z.string(),
  prefixlen: z.number(),
  label: z.number(),
  ifname: z.string().optional(),
});

const labels: ObjectReader = {
  name: "labels of IPv6 addresses",
  async read(host, netns) {
    const words = ["-j", "addrlabel", "list"];
    const list = (text: string) =>
      z
        .array(labelJson)
        .parse(parseJson(text || "[]"))
        .map(({ address, prefixlen, label }) => `addrlabel prefix ${address}/${prefixlen} label ${label}`);
    const usual = list((await ofNew(host, ["ip", ...words])) ?? "");
    const now = list(await ip(host, netns, ...words));
    const gone = usual.filter((each) => !now.includes(each)).map((each) => `no ${each} of the kernel's`);
    return objectsOf(usual.length === 0 ? [] : [...now.filter((each) => !usual.includes(each)), ...gone]);
  },
};

const ipvsDaemons: ObjectReader = {
  name: "daemons that tell others of IPVS's connections",
  async read(host, netns) {
    // The command would load the module.
    if (!(await families(host)).includes("IPVS")) return [];
    const { stdout } = await host.run(enter(netns, ["ipvsadm", "-L", "--daemon"]), { accept: "any" });
    const daemons = [...stdout.matchAll(/^(\S+) sync daemon \(mcast=([^,]+),/gm)];
    return objectsOf(daemons.map(([, state, link]) => `ipvs ${state} daemon ${link}`));
  },
};

/** The default action for packets without a policy, and which policies the kernel looks up by their networks. */
const ipsecSettings: ObjectReader = {
  name: "settings of IPsec",
  async read(host, netns) {
    const commands = [
      ["xfrm", "policy", "getdefault"],
      ["-s", "-s", "xfrm", "policy", "count"],
    ] as const;
    const each = await Promise.all(
      commands.map(async (words) => {
        const usual = settingsIn((await ofNew(host, ["ip", ...words])) ?? "");
        const now = usual.length > 0 ? settingsIn(await ip(host, netns, ...words)) : [];
        return now.filter((line) => !usual.includes(line));
      }),
    );
    return objectsOf(each.flat());
  },
};

function settingsIn(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [, direction, action] = /^ *(in|fwd|out): *(\w+)/.exec(line) ?? [];
    const [, version, lengths] = /SPD (IPv[46]) thresholds: (.*\S)/.exec(line) ?? [];
    if (direction) return [`xfrm default ${direction} ${action}`];
    return version ? [`xfrm hthresh ${version} ${lengths}`] : [];
  });
}

const groupJson = z.array(
  z.object({
    ifname: z.string(),
    maddr: z.array(z.object({ link: z.string().optional(), features: z.string().optional() })).default([]),
  }),
);

const groups: ObjectReader = {
  name: "multicast addresses of links",
  async read(host, netns) {
    const all = groupJson.parse(parseJson((await ip(host, netns, "-j", "maddress", "show")) || "[]"));
    return objectsOf(
      all.flatMap(({ ifname, maddr }) =>
        // Groups that a program or the kernel joined are not static.
        maddr.flatMap(({ link, features }) => (features === "static" ? [`maddress ${link} dev ${ifname}`] : [])),
      ),
    );
  },
};

const otherNames: ObjectReader = {
  name: "other names of links",
  async read(host, netns) {
    // udev gives such names to physical devices.
    const links = (await showLinks(host, netns)).filter(({ linkinfo }) => linkinfo?.info_kind !== undefined);
    return objectsOf(
      links.flatMap(({ ifname, altnames = [] }) => altnames.map((each) => `altname ${each} dev ${ifname}`)),
    );
  },
};

/** The output of a command in a new namespace. */
function ofNew(host: Host, argv: readonly string[]): Promise<string | undefined> {
  return cached(host, `${argv.join(" ")} in a new namespace`, () => runInNewNetns(host, argv));
}

/** Some readers need the host's root. In the namespaces of other users nobody can have made these objects. */
function ifPermitted({ name, read }: ObjectReader): ObjectReader {
  return {
    name,
    read: (host, netns) =>
      read(host, netns).catch((error) => {
        if (hasCode(error, "LN_PERMISSION")) return [];
        throw error;
      }),
  };
}

export const rareObjects: readonly ObjectReader[] = [
  ...listings.map(readerOf),
  ...[segments, limits, labels, groups, otherNames, ipvsDaemons, ipsecSettings],
].map(ifPermitted);
