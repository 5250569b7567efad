import type { Host } from "../../host";
import { familyOf } from "../../schema/fields";
import { hasIpv6 } from "../../tools/ip/ip";
import { cidrOf } from "../../tools/ip/links";
import { readSysctl, writeSysctls } from "../../tools/sysctl";
import { modeOf } from "./addrgenmode";
import type { ObservedLink } from "./link";
import type { LinkArgs } from "./options";
import { type Gateways, podLink } from "./pod-routes";

// Without an IPv6 address a link has nothing to say. Each word of one pod goes to all others at the bridge, and hundreds
// that come up together keep the kernel from delivering anything else, for longer than Pulumi's own connections last.

export function wantsIpv6({ addresses = [], gateway6 }: LinkArgs & Gateways): boolean {
  return gateway6 !== undefined || addresses.some((each) => familyOf(each) === 6);
}

/** The link makes itself no link-local address. */
export function silence({ name }: LinkArgs): string[] {
  return ["link", "set", "dev", name, "addrgenmode", "none"];
}

const none = "1";

/**
 * Where the first IPv6 address comes to a pod, its link makes itself a link-local address; where the last one goes, it gives
 * that up. Returns the commands that are left to do. Where it dies before the addresses change, it is done again.
 */
export async function followIpv6(
  host: Host,
  args: LinkArgs & Gateways,
  recorded: (LinkArgs & Gateways) | undefined,
  { detail: { entries } }: ObservedLink,
): Promise<string[][]> {
  const [netns, wants] = [args.name, wantsIpv6(args)];
  if ((recorded && wantsIpv6(recorded) === wants) || !(await hasIpv6(host))) return [];
  if (!recorded && ((await modeOf(host, netns, podLink)) !== "none") === wants) return [];
  const mode = wants ? await readSysctl(host, netns, "net/ipv6/conf/default/addr_gen_mode") : none;
  // What a link has of IPv6 goes with a small mtu.
  await writeSysctls(host, netns, new Map([[`net/ipv6/conf/${podLink}/addr_gen_mode`, mode ?? none]]));
  const own = entries.filter(({ local }) => local?.startsWith("fe80:"));
  const left = own.map(cidrOf).filter((each) => !recorded?.addresses?.includes(each));
  return wants ? [] : left.map((each) => ["addr", "del", each, "dev", podLink]);
}
