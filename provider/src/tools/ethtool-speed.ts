import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";

/** The speed settings that a link reports. */
export interface Speed {
  readonly speed?: number | undefined;
  readonly duplex?: "half" | "full" | undefined;
  readonly autoneg?: boolean | undefined;
}

/** Empty if the link reports none. Read as text: ethtool has JSON for this only since version 6.10. */
export async function showSpeed(host: Host, netns: string | undefined, name: string): Promise<Speed> {
  const { stdout } = await host.run(enter(netns, ["ethtool", name]), { accept: "any" });
  const [, speed] = /^\s*Speed: (\d+)Mb\/s$/m.exec(stdout) ?? [];
  const [, duplex] = /^\s*Duplex: (Half|Full)$/m.exec(stdout) ?? [];
  const [, autoneg] = /^\s*Auto-negotiation: (on|off)$/m.exec(stdout) ?? [];
  return {
    ...(speed !== undefined && { speed: Number(speed) }),
    ...(duplex !== undefined && { duplex: duplex === "Full" ? "full" : "half" }),
    ...(autoneg !== undefined && { autoneg: autoneg === "on" }),
  };
}

/** Sets the values that differ from the wanted ones. Returns whether any did. */
export async function changeSpeed(
  host: Host,
  netns: string | undefined,
  name: string,
  there: Speed,
  { speed, duplex, autoneg }: Speed,
): Promise<boolean> {
  const words = [
    ...(speed === undefined || speed === there.speed ? [] : ["speed", String(speed)]),
    ...(duplex === undefined || duplex === there.duplex ? [] : ["duplex", duplex]),
    ...(autoneg === undefined || autoneg === there.autoneg ? [] : ["autoneg", autoneg ? "on" : "off"]),
  ];
  if (words.length === 0) return false;
  const argv = enter(netns, ["ethtool", "-s", name, ...words]);
  const result = await host.run(argv, { accept: "any" });
  if (result.exitCode === 0) return true;
  if (!/not supported/i.test(result.stderr)) throw commandError(argv, result);
  const hint = "a veth, a bridge or a macvlan, for instance, has a fixed speed; leave the input out";
  throw new LocalnetError("LN_KERNEL", `${name} takes no speed`, { command: { argv, ...result }, hint });
}
