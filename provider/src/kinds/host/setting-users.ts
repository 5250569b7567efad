import { isMark } from "../../core/mark";
import type { Host } from "../../host";
import { showLinks } from "../../tools/ip/links";

/** Settings that Docker, libvirt, LXD, Podman and Kubernetes need for their bridges, and set only where they are not set. */
const shared = /^net\/(ipv4\/ip_forward|ipv6\/conf\/all\/forwarding|bridge\/.*)$/;

/** Other programs' bridges with an address, in the host's own namespace: they show who needs such a setting. */
export async function findUsers(host: Host, netns: string | undefined, variable: string): Promise<string[]> {
  if (netns !== undefined || !shared.test(variable)) return [];
  const links = await showLinks(host, netns);
  return links
    .filter(({ linkinfo, ifalias = "", addr_info }) => {
      return (
        linkinfo?.info_kind === "bridge" &&
        !isMark(ifalias) &&
        addr_info.some(({ local }) => !local?.startsWith("fe80:"))
      );
    })
    .map(({ ifname }) => ifname);
}
