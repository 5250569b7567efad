import { at } from "../../schema/fields";
import { ownerOf } from "../../tools/ip/links";
import { serviceId } from "../../tools/ipvsadm-service";
import { link as linkName } from "./ipvs";
import { finish, make, requireAlone } from "./table-ipvs-change";
import { type IpvsKernel, isWhole, kernelLines, readIpvs } from "./table-ipvs-kernel";
import type { IpvsPart } from "./table-ipvs-plan";
import type { Layer } from "./table-parts";

/** Sets, the link with the addresses of services, and virtual servers. */
export const ipvsLayer: Layer<IpvsPart, IpvsKernel> = {
  read: readIpvs,
  linesOf: kernelLines,
  isWhole: (_kernel, part, lines) => isWhole(lines, part),

  claimOf(part, netns) {
    if (part.what === "set") return `IpSet ${at(part.name, netns)}`;
    if (part.what === "server") return `IpvsService ${at(serviceId(part.server), netns)}`;
    return part.what === "link" ? `Dummy ${at(linkName, netns)}` : undefined;
  },

  isThere({ sets, servers, link }, claim, owner) {
    const [, kind, name = ""] = /^(\w+) ([^@]+)/.exec(claim) ?? [];
    if (kind === "IpSet") return sets.has(name);
    if (kind === "IpvsService") return servers.has(name);
    return link !== undefined && ["", owner].includes(ownerOf(link, owner));
  },

  takenBy({ link }, wanted, owners) {
    const part = wanted.find(({ what }) => what === "link");
    const holders = link && owners.map((owner) => ownerOf(link, owner));
    if (!part || !holders || holders.some((holder, index) => ["", owners[index]].includes(holder))) return undefined;
    return [`Dummy ${linkName}`, holders[0] ?? ""];
  },

  requireFree: requireAlone,
  change: make,
  finish,
};
