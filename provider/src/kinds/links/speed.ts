import { z } from "zod";
import { integer } from "../../schema/fields";
import { changeSpeed, type Speed, showSpeed } from "../../tools/ethtool-speed";
import type { SideInput } from "./side-inputs";

/** The kernel's default speed depends on its version, so a speed that is taken away replaces the link. */
const isTakenAway = { replace: (_was: unknown, is: unknown) => is === undefined };

export const speedInputs = {
  speed: integer(1, 0x7fffffff).optional().meta(isTakenAway),
  duplex: z.enum(["half", "full"]).optional().meta(isTakenAway),
  autoneg: z.boolean().optional().meta(isTakenAway),
} as const;

export const speedKeys = ["speed", "duplex", "autoneg"] as const;

/** The defaults of new links. */
const usual: { readonly [K in keyof Speed]: readonly unknown[] } = {
  speed: [10, 10_000],
  duplex: ["full"],
  autoneg: [false],
};

export function speedIn(args: object | undefined): Speed | undefined {
  const given = (args ?? {}) as Speed;
  const keys = speedKeys.filter((key) => given[key] !== undefined);
  return keys.length > 0 ? Object.fromEntries(keys.map((key) => [key, given[key]])) : undefined;
}

export const speed: SideInput = {
  tool: "ethtool",
  isPossibleOn: ({ linkinfo }) => linkinfo?.info_kind === "tun",
  valueIn: speedIn,

  async show(host, netns, link, _isRequested, { args, recorded }) {
    const existing = await showSpeed(host, netns, link.ifname);
    const isRequested = (key: keyof Speed) => [args, recorded].some((each) => speedIn(each)?.[key] !== undefined);
    const keys = speedKeys.filter((key) => isRequested(key) || !usual[key]?.includes(existing[key]));
    return Object.fromEntries(keys.map((key) => [key, existing[key]]));
  },

  async change(host, netns, link, value) {
    return changeSpeed(host, netns, link.ifname, link, (value ?? {}) as Speed);
  },
};
