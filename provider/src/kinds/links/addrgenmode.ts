import type { Host } from "../../host";
import { readSysctl } from "../../tools/sysctl";
import type { LinkArgs } from "./options";
import type { SideInput } from "./side-inputs";

/** The modes by the kernel's numbers. */
const modes: Readonly<Record<string, string>> = { 0: "eui64", 1: "none", 2: "stable_secret", 3: "random" };

/** How a link generates its IPv6 link-local address. */
export async function modeOf(host: Host, netns: string | undefined, name: string): Promise<string | undefined> {
  const value = await readSysctl(host, netns, `net/ipv6/conf/${name}/addr_gen_mode`);
  return value === undefined ? undefined : modes[value];
}

/** `ip` sets the mode, but does not show it in the list of a link's addresses. */
export const addrgenmode: SideInput = {
  tool: "ip",
  isPossibleOn: () => false,
  valueIn: (args: LinkArgs | undefined) => args?.addrgenmode,
  show: async (host, netns, { ifname }) => ({ inet6_addr_gen_mode: await modeOf(host, netns, ifname) }),
  change: async () => false,
};
