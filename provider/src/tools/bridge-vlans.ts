import { cached, type Host, usesReadCache } from "../host";
import { batchLines } from "./ip/batch";
import { parseJson } from "./ip/json";

/** The flags of a VLAN on a port of a bridge, or on the bridge itself. */
export interface VlanFlags {
  readonly pvid: boolean;
  readonly untagged: boolean;
}

interface Entry {
  readonly ifname: string;
  readonly vlans?: readonly { readonly vlan: number; readonly vlanEnd?: number; readonly flags?: readonly string[] }[];
}

function bridgeIn(netns: string | undefined): string[] {
  return ["bridge", ...(netns === undefined ? [] : ["-n", netns])];
}

/** The VLANs of a bridge or of one of its ports, by number; empty if the link is neither, or the kernel has no VLANs. */
export async function showVlans(host: Host, netns: string | undefined, name: string): Promise<Map<number, VlanFlags>> {
  const list = async (...of: string[]) =>
    parseJson((await host.run([...bridgeIn(netns), "-j", "vlan", "show", ...of])).stdout) as Entry[];
  const entries = usesReadCache() ? await cached(host, `vlans ${netns ?? ""}`, list) : await list("dev", name);
  const vlans = entries.find(({ ifname }) => ifname === name)?.vlans ?? [];
  return new Map(
    vlans.map(({ vlan, flags = [] }) => [
      vlan,
      { pvid: flags.includes("PVID"), untagged: flags.includes("Egress Untagged") },
    ]),
  );
}

/** Runs commands of `bridge` one after the other, until one fails. */
export async function changeVlans(host: Host, netns: string | undefined, commands: readonly string[][]): Promise<void> {
  if (commands.length === 0) return;
  const lines = batchLines(commands.map((words) => ["vlan", ...words]));
  await host.run([...bridgeIn(netns), "-batch", "-"], { input: lines });
}
