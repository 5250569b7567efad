import { z } from "zod";
import type { ObjectReader } from "../../core/kernel-object";
import { hasCode } from "../../errors";
import { cached, type Host } from "../../host";
import { enter, runInNewNetns } from "../../host/netns";
import { netlinkFamilies } from "../genl";
import { ip } from "../ip/ip";
import { parseJson } from "../ip/json";
import { showLinks } from "../ip/links";
import { listings, objectsOf, readerOf } from "./rare-listings";

const segments: ObjectReader = {
  name: "settings of segment routing",
  async read(host, netns) {
    if (!(await netlinkFamilies(host)).includes("SEG6")) return [];
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
    if (!(await netlinkFamilies(host)).includes("mptcp_pm")) return [];
    const now = (await ip(host, netns, "mptcp", "limits", "show")).trim();
    const usual = await outputInNewNetns(host, ["ip", "mptcp", "limits", "show"]);
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
    const usual = list((await outputInNewNetns(host, ["ip", ...words])) ?? "");
    const now = list(await ip(host, netns, ...words));
    const gone = usual.filter((each) => !now.includes(each)).map((each) => `no ${each} of the kernel's`);
    return objectsOf(usual.length === 0 ? [] : [...now.filter((each) => !usual.includes(each)), ...gone]);
  },
};

const ipvsDaemons: ObjectReader = {
  name: "daemons that tell others of IPVS's connections",
  async read(host, netns) {
    // The command would load the module.
    if (!(await netlinkFamilies(host)).includes("IPVS")) return [];
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
        const usual = settingsIn((await outputInNewNetns(host, ["ip", ...words])) ?? "");
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
function outputInNewNetns(host: Host, argv: readonly string[]): Promise<string | undefined> {
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
