import { z } from "zod";
import { defineLink } from "./define-link";
import { portArgs } from "./options";
import { speedInputs } from "./speed";

const flag = (name: string, word: string) => ({
  input: z.boolean().default(false).meta({ replace: true }),
  words: (on: boolean) => (on ? [word] : []),
  read: (data: Readonly<Record<string, unknown>>) => data[name] === true,
});

export const tap = defineLink({
  type: "Tap",
  linkType: "tun",
  summary:
    "A link whose far end is a program, such as a virtual machine's (`ip tuntap`). It stays while no program has it open.",
  args: portArgs,
  options: {
    /** What a program reads and writes: Ethernet frames (`tap`), or IP packets (`tun`). */
    mode: {
      input: z.enum(["tap", "tun"]).default("tap").meta({ replace: true }),
      words: (mode: string) => ["mode", mode],
      read: ({ type }) => type,
    },
    /** Name of the user whose programs may open it. Default: those of everybody who may change the namespace's links. */
    user: {
      input: accountName().optional().meta({ replace: true }),
      word: "user",
      read: ({ user }) => accountOf(user),
    },
    /** Name of the group whose programs may open it. Default: as for `user`. */
    group: {
      input: accountName().optional().meta({ replace: true }),
      word: "group",
      read: ({ group }) => accountOf(group),
    },
    /** Does a header with the protocol stand before each packet (`pi`)? */
    pi: flag("pi", "pi"),
    /** Does a header for offloads stand before each packet, as virtual machines have it (`vnet_hdr`)? */
    vnetHdr: flag("vnet_hdr", "vnet_hdr"),
    /** May programs open it several times, to share its packets? */
    multiQueue: flag("multi_queue", "multi_queue"),
    /** Megabits a second that it says of itself, 1 to 2147483647; a bond of mode 802.3ad joins links of one speed only. It limits nothing. Taken away, it replaces. Default: the kernel's choice, 10000, before Linux 6.4 10. */
    speed: { input: speedInputs.speed, read: (_data, { speed }) => speed },
    /** Does it say of itself that it sends and takes at the same time? Taken away, it replaces. Default: the kernel's choice, full. */
    duplex: { input: speedInputs.duplex, read: (_data, { duplex }) => duplex },
    /** Does it say of itself that it agrees on a speed with the far end? Taken away, it replaces. Default: the kernel's choice, false. */
    autoneg: { input: speedInputs.autoneg, read: (_data, { autoneg }) => autoneg },
  },

  *rules({ mode, hairpin, bridgePort }) {
    for (const [property, value] of Object.entries({ hairpin, bridgePort }))
      if (value !== undefined && mode === "tun") yield [property, "must not be given with mode tun"];
  },
  make: (name, words) => [["tuntap", "add", "dev", name, ...words]],
  unset: ({ mode }) => (mode === "tun" ? { arp: false, txQueueLength: 500 } : {}),
  lacks: ({ mode }) => (mode === "tun" ? { mac: "a link of mode tun has none" } : {}),
  // Others go with the program that made them.
  isImportable: ({ linkinfo }) => linkinfo?.info_data?.persist === true,
});

function accountName() {
  return z.string().regex(/^[a-z_][a-z0-9_.-]{0,30}\$?$/i, "must be the name of an account");
}

/** The name, or the number of an account without one. */
function accountOf(shown: unknown): string | undefined {
  return shown === undefined ? undefined : String(shown);
}
