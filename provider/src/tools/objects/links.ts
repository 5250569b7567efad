import type { KernelObject } from "../../core/kernel-object";
import type { Host } from "../../host";
import { cached } from "../../host";
import { runInNewNetns } from "../../host/netns";
import { parseJson } from "../ip/json";
import { cidrOf, isKernelsAddress } from "../ip/link-addresses";
import { type Link, parseLinks, showLinks } from "../ip/links";

/** The types of links that the kernel makes by itself when it loads their module. */
const madeByModules = ["dummy", "ifb", "bond"];

export const linkObjects = {
  name: "links",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const links = await showLinks(host, netns);
    const ofNew = await linksOfNew(host);
    const isNew = ({ ifname, flags }: Link) => ifname === "lo" || (ofNew.includes(ifname) && !flags.includes("UP"));
    return links.flatMap((link) => [...(isNew(link) ? [] : [linkObject(link)]), ...addressObjects(link)]);
  },
};

/** The links that the kernel makes in a new namespace: `lo`, and one for each loaded module of some tunnel types. */
export function linksOfNew(host: Host): Promise<string[]> {
  return cached(host, "links of a new namespace", async () =>
    parseLinks(parseJson((await runInNewNetns(host, ["ip", "-j", "link", "show"])) ?? "[]")).map(
      ({ ifname }) => ifname,
    ),
  );
}

function linkObject(link: Link): KernelObject {
  const { ifname: name } = link;
  return {
    what: `link ${name}`,
    why: whyOfLink(link),
    coveredBy: [{ of: "link", inputs: { name } }],
    // A physical device exists without any program.
    ...(link.linkinfo?.info_kind !== undefined && { referred: { of: "link", name } }),
  };
}

function whyOfLink({ linkinfo, flags, addr_info }: Link): string {
  const type = linkinfo?.info_kind;
  if (type === undefined) return "it is a device, which no command made";
  if (madeByModules.includes(type) && !flags.includes("UP") && addr_info.length === 0)
    return `it is as the kernel makes it when the module ${type} is loaded`;
  if (type === "tun") return "it disappears with the program that made it";
  return `no kind has links of type ${type}`;
}

function addressObjects(link: Link): KernelObject[] {
  const { ifname, addr_info } = link;
  const written = addr_info.filter((entry) => !isKernelsAddress(link, entry));
  return written.map((entry) => {
    const forms = [cidrOf(entry), `${entry.local}/${entry.prefixlen}`, entry.local];
    return {
      what: `address ${cidrOf(entry)} dev ${ifname}`,
      why: entry.dynamic
        ? "a router or a DHCP server assigned it for a limited time"
        : `nothing that can be imported has an address of ${ifname}`,
      coveredBy: forms.flatMap((address) => [
        { of: "link", inputs: { name: ifname, addresses: address } },
        { inputs: { device: ifname, address } },
      ]),
    };
  });
}
