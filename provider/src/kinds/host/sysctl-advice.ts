import { type Code, hasCode, LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { familyOf } from "../../schema/fields";
import { hasIpv6 } from "../../tools/ip/ip";
import { staticAddressesOf } from "../../tools/ip/link-addresses";
import { showLinks } from "../../tools/ip/links";
import { showAllRoutes } from "../../tools/ip/routes";
import { readSysctl, readSysctls } from "../../tools/sysctl";
import { linkOf } from "./sysctl-names";

/** The modules that add settings. */
const modules = [
  { folder: "net/bridge/", module: "br_netfilter" },
  { folder: "net/ipv4/vs/", module: "ip_vs" },
  { folder: "net/netfilter/nf_conntrack", module: "nf_conntrack" },
];

/** The error for a missing setting: its cause, and what helps. */
export async function missingError(host: Host, netns: string | undefined, key: string): Promise<LocalnetError> {
  const no = (code: Code, summary: string, hint: string) => new LocalnetError(code, summary, { hint });
  const lacks = `there is no kernel setting ${key}`;
  const link = linkOf(key);
  if (key.startsWith("net/ipv6/") && !(await hasIpv6(host)))
    return no("LN_KERNEL", `${lacks}: the kernel runs without IPv6`, "start it without ipv6.disable=1");
  if (link !== undefined) {
    if (!(await showLinks(host, netns)).some(({ ifname }) => ifname === link))
      return no("LN_MISSING", `${lacks}: there is no link ${link}`, "let this depend on the link (dependsOn)");
    // The link has appeared in the meantime.
    if ((await readSysctl(host, netns, key)) !== undefined)
      return no("LN_MISSING", `${lacks}: there was no link ${link}`, "let this depend on the link (dependsOn)");
    const folder = key.slice(0, key.lastIndexOf("/"));
    const least = folder.startsWith("net/ipv6") ? 1280 : 68;
    return no(
      "LN_KERNEL",
      `${lacks}, of a link that is there`,
      `see ls /proc/sys/${folder}: none of them if the link's mtu is below ${least}`,
    );
  }
  const source = modules.find(({ folder }) => key.startsWith(folder))?.module;
  if (source)
    return no(
      "LN_KERNEL",
      lacks,
      `load its kernel module first with a KernelModule ${source}, and let this depend on it (dependsOn)`,
    );
  if (netns !== undefined && (await readSysctl(host, undefined, key)) !== undefined)
    return no("LN_KERNEL", `${lacks} in a network namespace`, "it is the host's: leave netns out");
  return no("LN_KERNEL", lacks, "see which there are: ls -R /proc/sys/net");
}

/** Adds the cause to the error of a failed write, if the kernel's error does not show it. */
export async function writeError(
  host: Host,
  netns: string | undefined,
  key: string,
  value: string,
  error: unknown,
): Promise<unknown> {
  if (hasCode(error, "LN_PERMISSION")) {
    const isWritable = async (where: string | undefined) => {
      const argv = enter(where, ["stat", "-c", "%A", `/proc/sys/${key}`]);
      return (await host.run(argv, { accept: "any" })).stdout.includes("w");
    };
    if (await isWritable(netns)) return error;
    const isHosts = netns !== undefined && (await isWritable(undefined));
    const hint = isHosts
      ? "it is the host's: leave netns out"
      : "the kernel lets nobody set it, or only root outside a user namespace";
    return new LocalnetError("LN_KERNEL", `${key} can only be read here`, { command: error.command, hint });
  }
  if (
    hasCode(error, "LN_COMMAND") &&
    /Invalid argument|Numerical result out of range/.test(error.command?.stderr ?? "")
  ) {
    const hint = "see its bounds in the kernel's documentation, networking/ip-sysctl";
    return new LocalnetError("LN_COMMAND", `the kernel refuses the value ${value}`, { command: error.command, hint });
  }
  // The setting exists, so the value names something that does not.
  if (hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes("No such file or directory")) {
    const hint =
      "load its kernel module, such as tcp_bbr for bbr, with a KernelModule, and let this depend on it (dependsOn)";
    return new LocalnetError("LN_KERNEL", `the kernel does not know ${value}`, {
      command: error.command,
      hint,
    });
  }
  return error;
}

interface Loss {
  readonly summary: string;
  readonly hint: string;
}

/** What the kernel would remove for good because of this value; undefined: nothing. */
export async function findLoss(
  host: Host,
  netns: string | undefined,
  variable: string,
  value: string,
): Promise<Loss | undefined> {
  const [, link = "", name] = /^net\/ipv6\/conf\/([^/]+)\/(forwarding|disable_ipv6)$/.exec(variable) ?? [];
  if (name === undefined || value === "0" || link === "default") return undefined;
  return name === "forwarding" ? advertisedRoute(host, netns) : staticIpv6(host, netns, link);
}

const [byKernel, byAdvertisement] = ["2", "9"];

/** A router drops the routes that it learned from other routers, in the whole namespace. */
async function advertisedRoute(host: Host, netns: string | undefined): Promise<Loss | undefined> {
  const routes = (await showAllRoutes(host, netns, 6)).filter(({ protocol }) => protocol === byAdvertisement);
  const keyOf = (link = "") => `net/ipv6/conf/${link}/accept_ra`;
  const accepts = await readSysctls(host, netns, [...new Set(routes.map(({ dev }) => keyOf(dev)))]);
  const lost = routes.find(({ dev }) => accepts.get(keyOf(dev)) === "1");
  return (
    lost && {
      summary: `the kernel would drop the route ${lost.dst} over ${lost.dev}, which a router advertised`,
      hint: `set ${keyOf(lost.dev)} to 2 first, by a Sysctl that this one depends on (dependsOn)`,
    }
  );
}

async function staticIpv6(host: Host, netns: string | undefined, only: string): Promise<Loss | undefined> {
  const links = (await showLinks(host, netns)).filter(({ ifname }) => only === "all" || ifname === only);
  const addresses = links.flatMap((link) =>
    staticAddressesOf(link).flatMap((each) =>
      familyOf(each) === 6 && each !== "::1/128" ? [{ each, link: link.ifname }] : [],
    ),
  );
  const routes = (await showAllRoutes(host, netns, 6)).filter(
    ({ dev, protocol }) =>
      links.some(({ ifname }) => ifname === dev) && ![byKernel, byAdvertisement].includes(protocol),
  );
  const [lost] = [
    ...addresses.map(({ each, link }) => `the address ${each} of ${link}`),
    ...routes.map(({ dst, dev }) => `the route ${dst} over ${dev}`),
  ];
  return lost === undefined
    ? undefined
    : {
        summary: `the kernel would drop ${lost}`,
        hint: "remove it first, in an update of its own if it is in this stack: it cannot exist while IPv6 is disabled",
      };
}
