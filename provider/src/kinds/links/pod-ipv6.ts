import type { Host } from "../../host";
import { familyOf } from "../../schema/fields";
import { hasIpv6 } from "../../tools/ip/ip";
import { cidrOf } from "../../tools/ip/link-addresses";
import { readSysctl, writeSysctls } from "../../tools/sysctl";
import { modeOf } from "./addrgenmode";
import type { ObservedLink } from "./link";
import type { LinkArgs } from "./options";
import { type Gateways, podLink } from "./pod-routes";

// Without IPv6 addresses, a pod's link needs no link-local address either. Each of its IPv6 packets goes to all other pods
// at the bridge. With hundreds of new pods these keep the kernel from delivering anything else, for longer than Pulumi's own
// connections last.

export function wantsIpv6({ addresses = [], gateway6 }: LinkArgs & Gateways): boolean {
  return gateway6 !== undefined || addresses.some((each) => familyOf(each) === 6);
}

/** The command that keeps a link from making a link-local address. */
export function disableLinkLocal({ name }: LinkArgs): string[] {
  return ["link", "set", "dev", name, "addrgenmode", "none"];
}

const none = "1";

/**
 * Makes the link-local address of a pod with its first IPv6 address, and removes it with the last one. Returns the commands
 * that remain. If the run dies before the addresses change, the next run does it again.
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
  // With a small mtu, a link has no IPv6 settings; `writeSysctls` ignores missing ones.
  await writeSysctls(host, netns, new Map([[`net/ipv6/conf/${podLink}/addr_gen_mode`, mode ?? none]]));
  const linkLocal = entries.filter(({ local }) => local?.startsWith("fe80:"));
  const left = linkLocal.map(cidrOf).filter((each) => !recorded?.addresses?.includes(each));
  return wants ? [] : left.map((each) => ["addr", "del", each, "dev", podLink]);
}
