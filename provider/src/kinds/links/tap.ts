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
    "A link whose other end is a program, such as a virtual machine (`ip tuntap`). It stays while no program has it open.",
  args: portArgs,
  options: {
    /** Data that a program reads and writes: Ethernet frames (`tap`), or IP packets (`tun`). */
    mode: {
      input: z.enum(["tap", "tun"]).default("tap").meta({ replace: true }),
      words: (mode: string) => ["mode", mode],
      read: ({ type }) => type,
    },
    /** Name of the user whose programs may open it. Default: all users who may change links of the namespace. */
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
    /** Does each packet begin with a header that has the protocol (`pi`)? */
    pi: flag("pi", "pi"),
    /** Does each packet begin with a header for offloads, as virtual machines use it (`vnet_hdr`)? */
    vnetHdr: flag("vnet_hdr", "vnet_hdr"),
    /** May programs open it several times, to share its packets? */
    multiQueue: flag("multi_queue", "multi_queue"),
    /**
     * Speed in megabits per second that it reports; a bond of mode 802.3ad only joins links of the same speed. It limits
     * nothing. If it is taken away, the link is replaced. Default: the kernel's choice, 10000, before Linux 6.4 10.
     */
    speed: { input: speedInputs.speed, read: (_data, { speed }) => speed },
    /** Duplex mode that it reports. If it is taken away, the link is replaced. Default: the kernel's choice, full. */
    duplex: { input: speedInputs.duplex, read: (_data, { duplex }) => duplex },
    /**
     * Does it report that it negotiates the speed with the other end? If it is taken away, the link is replaced. Default:
     * the kernel's choice, false.
     */
    autoneg: { input: speedInputs.autoneg, read: (_data, { autoneg }) => autoneg },
  },

  *rules({ mode, hairpin, bridgePort }) {
    for (const [property, value] of Object.entries({ hairpin, bridgePort }))
      if (value !== undefined && mode === "tun") yield [property, "must not be given with mode tun"];
  },
  make: (name, words) => [["tuntap", "add", "dev", name, ...words]],
  unset: ({ mode }) => (mode === "tun" ? { arp: false, txQueueLength: 500 } : {}),
  lacks: ({ mode }) => (mode === "tun" ? { mac: "a link of mode tun has none" } : {}),
  // Other links disappear with the program that made them.
  isImportable: ({ linkinfo }) => linkinfo?.info_data?.persist === true,
});

function accountName() {
  return z.string().regex(/^[a-z_][a-z0-9_.-]{0,30}\$?$/i, "must be the name of an account");
}

/** The name of an account, or its number if it has no name. */
function accountOf(shown: unknown): string | undefined {
  return shown === undefined ? undefined : String(shown);
}
