import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

const files = [
  ...["mtu", "address", "flags", "ifalias", "netdev_group", "brport/hairpin_mode"],
  ...["bridge/stp_state", "bridge/forward_delay", "bridge/ageing_time", "bridge/vlan_filtering"],
];

/** A link as the kernel's files show it; undefined when there is none. The kinds ask ip instead. */
export async function lookAtLink(world: World, netns: string | undefined, name: string): Promise<Values | undefined> {
  const script = [
    `cd /sys/class/net/${name} 2>/dev/null || exit 0`,
    `grep -s . ${files.join(" ")}`,
    'echo "master:$(basename "$(readlink master)")"',
    // The kernel's file also counts bridges that listen on the link.
    `ip -o link show dev ${name} | grep -q '[<,]PROMISC[,>]' && echo promiscuous:1`,
    // Link-local ones come from the kernel, when it gets to it.
    `ip -o address show dev ${name} | grep -v 'inet6 fe80:' | sed -n 's/.* inet6* \\([^ ]*\\).*/inet:\\1/p'`,
  ];
  const lines = (await world.script(netns, script.join("; "))).split("\n").filter(Boolean);
  if (lines.length === 0) return undefined;
  const entries = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 1),
  ]);
  const { inet: _, ...values } = Object.fromEntries(entries);
  const addresses = entries.filter(([key]) => key === "inet").map(([, value]) => value);
  return {
    ...values,
    addresses: addresses.sort(),
    up: Boolean(Number(values.flags) & 1),
    promiscuous: values.promiscuous === "1",
  };
}

/** What `lookAtLink` shows for the inputs that links of every kind have. */
export function expectedLink(inputs: Values, mark: string): Values {
  const { addresses, mtu, mac, up, promiscuous, master, hairpin } = inputs;
  return {
    up: up ?? true,
    promiscuous: promiscuous ?? false,
    ifalias: mark,
    ...(addresses === undefined ? {} : { addresses: expect.arrayContaining(addresses as string[]) }),
    mtu: String(mtu ?? 1500),
    ...(mac === undefined ? {} : { address: mac }),
    master: master ?? "",
    ...(hairpin === undefined ? {} : { "brport/hairpin_mode": hairpin ? "1" : "0" }),
  };
}

/** The same, and under `details` what ip tells of its kind in words, not in the JSON that the kinds read. */
export async function lookAtDetails(world: World, netns: string, name: string): Promise<Values | undefined> {
  const link = await lookAtLink(world, netns, name);
  if (!link) return undefined;
  const [, , details] = (await world.run("ip", "-n", netns, "-d", "-o", "link", "show", "dev", name)).split("\\");
  return { ...link, details };
}

/** That `details` tell all of the first, and none of the second. */
export function expectedDetails(present: readonly string[], absent: readonly string[] = []): unknown {
  const escaped = (words: string) => words.replaceAll(".", "\\.");
  const all = present.map((words) => `(?=.* ${escaped(words)} )`);
  const none = absent.map((words) => `(?!.* ${escaped(words)} )`);
  return expect.stringMatching(new RegExp(`^${[...all, ...none].join("")}`));
}
