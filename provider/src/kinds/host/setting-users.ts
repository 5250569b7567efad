import { isMark } from "../../core/mark";
import type { Host } from "../../host";
import { showLinks } from "../../tools/ip/links";

/** Settings that Docker, libvirt, LXD, Podman and Kubernetes need for their bridges. They set one only if it is not set. */
const shared = /^net\/(ipv4\/ip_forward|ipv6\/conf\/all\/forwarding|bridge\/.*)$/;

/** Bridges of other programs in the host's own namespace that have an address: their owners need such a setting. */
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
