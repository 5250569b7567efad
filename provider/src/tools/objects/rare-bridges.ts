import { z } from "zod";
import type { ObjectReader } from "../../core/kernel-object";
import type { Host } from "../../host";
import { commandError } from "../../host/command-error";
import { enter } from "../../host/netns";
import { parseJson } from "../ip/json";
import { showLinks } from "../ip/links";
import { differences, withoutInput } from "./options";

// Settings of bridges, their ports and their VLANs that no input has.

/** The kernel's defaults for a port. */
const portDefaults: Readonly<Record<string, unknown>> = {
  ...{ guard: false, root_block: false, fastleave: false, locked: false, mab: false, vlan_tunnel: false },
  ...{ mcast_flood: true, bcast_flood: true, mcast_to_unicast: false, multicast_router: 1 },
  ...{ proxy_arp: false, proxy_arp_wifi: false, neigh_vlan_suppress: false },
};

const ports: ObjectReader = {
  name: "options of bridges' ports",
  async read(host, netns) {
    const links = await showLinks(host, netns);
    return links.flatMap(({ ifname, linkinfo }) => {
      const { info_slave_kind: kind, info_slave_data: data, info_data: bridgeData } = linkinfo ?? {};
      const changed = kind === "bridge" ? differences(data ?? {}, portDefaults) : [];
      return [
        ...changed.map((words) => withoutInput(`port ${ifname} ${words}`)),
        ...(bridgeData?.vnifilter === true ? [withoutInput(`vnifilter dev ${ifname}`)] : []),
      ];
    });
  },
};

/** The kernel's defaults for a VLAN of a bridge. Times are in hundredths of a second, which the kernel rounds. */
const vlanDefaults: Readonly<Record<string, unknown>> = {
  ...{ mcast_snooping: 1, mcast_querier: 0, mcast_igmp_version: 2, mcast_mld_version: 1, msti: 0 },
  ...{ mcast_last_member_count: 2, mcast_last_member_interval: 100, mcast_membership_interval: 26000 },
  ...{ mcast_startup_query_count: 2, mcast_startup_query_interval: 3125, mcast_querier_interval: 25500 },
  ...{ mcast_query_interval: 12500, mcast_query_response_interval: 1000 },
  ...{ state: "forwarding", mcast_router: 1, neigh_suppress: false },
};

const vlanJson = z.array(z.object({ ifname: z.string(), vlans: z.array(z.looseObject({ vlan: z.number() })) }));
const tunnelJson = z.array(
  z.object({ ifname: z.string(), tunnels: z.array(z.looseObject({ vlan: z.number(), tunid: z.number() })) }),
);
const vniJson = z.array(z.object({ ifname: z.string(), vnis: z.array(z.looseObject({ vni: z.number() })) }));

const vlans: ObjectReader = {
  name: "options of bridges' VLANs",
  async read(host, netns) {
    const portVlans = vlanJson.parse(await list(host, netns, "-d", "vlan", "show"));
    if (portVlans.length === 0) return [];
    const all = vlanJson.parse(await list(host, netns, "vlan", "global", "show"));
    const tunnels = tunnelJson.parse(await list(host, netns, "vlan", "tunnelshow"));
    const changed = (what: string, vlans: typeof portVlans) =>
      vlans.flatMap(({ ifname, vlans }) =>
        vlans.flatMap(({ vlan, ...options }) =>
          differences(options, vlanDefaults).map((words) => withoutInput(`${what} dev ${ifname} vid ${vlan} ${words}`)),
        ),
      );
    return [
      ...changed("vlan", portVlans),
      ...changed("vlan global", all),
      ...tunnels.flatMap(({ ifname, tunnels }) =>
        tunnels.map(({ vlan, tunid }) => withoutInput(`vlan tunnel dev ${ifname} vid ${vlan} id ${tunid}`)),
      ),
    ];
  },
};

const vnis: ObjectReader = {
  name: "numbers that a Vxlan filters by",
  async read(host, netns) {
    const isFilter = (await showLinks(host, netns)).some(({ linkinfo }) => linkinfo?.info_data?.vnifilter === true);
    const lists = isFilter ? vniJson.parse(await list(host, netns, "vni", "show")) : [];
    return lists.flatMap(({ ifname, vnis }) => vnis.map(({ vni }) => withoutInput(`vni ${vni} dev ${ifname}`)));
  },
};

async function list(host: Host, netns: string | undefined, ...words: string[]): Promise<unknown> {
  const argv = enter(netns, ["bridge", "-j", ...words]);
  const { exitCode, stdout, stderr } = await host.run(argv, { accept: "any" });
  if (exitCode === 0) return parseJson(stdout.trim() || "[]");
  // The bridges of this kernel have no VLANs.
  if (stderr.includes("Operation not supported")) return [];
  throw commandError(argv, { exitCode, stderr });
}

export const rareBridges: readonly ObjectReader[] = [ports, vlans, vnis];
