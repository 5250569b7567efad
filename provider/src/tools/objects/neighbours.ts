import { z } from "zod";
import type { KernelObject } from "../../core/kernel-object";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { ip } from "../ip/ip";
import { parseJson } from "../ip/json";
import { type Link, showLinks } from "../ip/links";

const neighbourJson = z.object({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().default(""),
  state: z.array(z.string()).default([]),
  managed: z.null().optional(),
  extern_learn: z.null().optional(),
});

type NeighbourEntry = z.output<typeof neighbourJson>;

const isPermanent = ({ state }: NeighbourEntry) => state.includes("PERMANENT");

export const neighbourObjects = {
  name: "neighbours",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const show = async (...words: string[]) =>
      z.array(neighbourJson).parse(parseJson((await ip(host, netns, "-j", "neigh", "show", ...words)) || "[]"));
    const links = await showLinks(host, netns);
    const [all, four, six] = [
      await show("nud", "all"),
      await show("proxy"),
      parseProxies(await ip(host, netns, "-6", "-j", "neigh", "show", "proxy")),
    ];
    const proxies = [...four, ...six.filter(({ dst }) => !four.some((each) => each.dst === dst))];
    const permanent = all.filter(isPermanent);
    const others = all.filter((entry) => !isPermanent(entry) && isRare(entry, links));
    return [
      ...permanent.map(({ dst, dev }) => neighbourObject("", dst, dev)),
      ...others.map(({ dst, dev }) => ({ ...neighbourObject("", dst, dev), why: "no input asks for its state" })),
      ...proxies.map(({ dst, dev }) => neighbourObject("proxy ", dst, dev)),
    ];
  },
};

/**
 * Did somebody write an entry that is not permanent? The kernel itself asks for no address of multicast or broadcast, nor on
 * links without ARP.
 */
function isRare({ dev, lladdr, state, managed, extern_learn }: NeighbourEntry, links: readonly Link[]) {
  const isGroup = Number.parseInt(lladdr.slice(0, 2), 16) % 2 === 1;
  const hasArp = links.some(({ ifname, flags }) => ifname === dev && !flags.includes("NOARP") && dev !== "lo");
  const isNeverAsked = state.includes("NOARP") && lladdr !== "" && !isGroup && hasArp;
  return isNeverAsked || managed === null || extern_learn === null;
}

function parseProxies(text: string) {
  return z.array(neighbourJson).parse(parseJson(text || "[]"));
}

function neighbourObject(word: string, address: string, device: string): KernelObject {
  return {
    what: `neighbour ${word}${address} dev ${device}`,
    why: "no kind has it",
    coveredBy: [{ inputs: { device, address, ...(word && { proxy: true }) } }],
  };
}

const entryJson = z.object({
  mac: z.string(),
  ifname: z.string(),
  flags: z.array(z.string()).default([]),
  state: z.string().default(""),
  master: z.string().optional(),
  dst: z.string().optional(),
  vlan: z.number().optional(),
  vni: z.number().optional(),
});
type Entry = z.output<typeof entryJson>;

export const fdbObjects = {
  name: "forwarding tables of bridges and of Vxlan links",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    const links = await showLinks(host, netns);
    const { stdout } = await host.run(enter(netns, ["bridge", "-j", "fdb", "show"]));
    const entries = z.array(entryJson).parse(parseJson(stdout || "[]"));
    return entries.filter((entry) => isWritten(entry, links)).map(fdbObject);
  },
};

/**
 * Did an administrator or a program write the entry? The kernel makes its own for the MAC addresses of links, for multicast,
 * and for where a Vxlan link floods to.
 */
function isWritten({ mac, ifname, flags, state, dst }: Entry, links: readonly Link[]): boolean {
  if (!["permanent", "static"].includes(state) && !flags.includes("extern_learn")) return false;
  if (links.some(({ address }) => address === mac)) return false;
  if (Number.parseInt(mac.slice(0, 2), 16) % 2 === 1 && flags.includes("self") && dst === undefined) return false;
  const { remote, remote6, group, group6 } = links.find((link) => link.ifname === ifname)?.linkinfo?.info_data ?? {};
  return mac !== "00:00:00:00:00:00" || ![remote, remote6, group, group6].includes(dst);
}

function fdbObject({ mac, ifname: device, dst, vlan, vni, flags }: Entry): KernelObject {
  const isSticky = flags.includes("sticky");
  const words = Object.entries({ dst, vlan, vni }).filter(([, value]) => value !== undefined);
  return {
    what: ["fdb", mac, "dev", device, ...words.flat()].join(" "),
    why: flags.includes("extern_learn")
      ? "a routing daemon made it"
      : isSticky
        ? "no input makes it sticky"
        : "no kind has it",
    coveredBy: isSticky ? [] : [{ inputs: { device, mac, ...(dst !== undefined && { destination: dst }) } }],
  };
}
