import type { Portal } from "./portals";

/** The sets of kube-proxy by their names without prefix, and their types. Some are for what is left out here. */
export const sets = {
  "CLUSTER-IP": "hash:ip,port",
  "EXTERNAL-IP": "hash:ip,port",
  "EXTERNAL-IP-LOCAL": "hash:ip,port",
  "HEALTH-CHECK-NODE-PORT": "bitmap:port",
  "IPVS-IPS": "hash:ip",
  "LOAD-BALANCER": "hash:ip,port",
  "LOAD-BALANCER-FW": "hash:ip,port",
  "LOAD-BALANCER-LOCAL": "hash:ip,port",
  "LOAD-BALANCER-SOURCE-CIDR": "hash:ip,port,net",
  "LOAD-BALANCER-SOURCE-IP": "hash:ip,port,ip",
  "LOOP-BACK": "hash:ip,port,ip",
  "NODE-PORT-LOCAL-SCTP-HASH": "hash:ip,port",
  "NODE-PORT-LOCAL-TCP": "bitmap:port",
  "NODE-PORT-LOCAL-UDP": "bitmap:port",
  "NODE-PORT-SCTP-HASH": "hash:ip,port",
  "NODE-PORT-TCP": "bitmap:port",
  "NODE-PORT-UDP": "bitmap:port",
} as const;

export type SetName = keyof typeof sets;
export type Entries = ReadonlyMap<SetName, readonly string[]>;

/** What is in the sets; a set without entries is not there. */
export function entriesOf(portals: readonly Portal[]): Entries {
  const entries = new Map<SetName, string[]>();
  const add = (set: SetName, entry: string) => {
    const had = entries.get(set) ?? [];
    if (!had.includes(entry)) entries.set(set, [...had, entry]);
  };
  for (const { service, port, address, external, endpoints } of portals) {
    const isLocal = service.externalTrafficPolicy === "Local";
    add("CLUSTER-IP", `${address},${port.protocol}:${port.port}`);
    for (const each of external)
      add(isLocal ? "EXTERNAL-IP-LOCAL" : "EXTERNAL-IP", `${each},${port.protocol}:${port.port}`);
    for (const each of [address, ...external]) add("IPVS-IPS", each);
    if (port.nodePort !== undefined && port.protocol !== "sctp") {
      const protocol = port.protocol === "tcp" ? "TCP" : "UDP";
      add(`NODE-PORT-${protocol}`, String(port.nodePort));
      if (isLocal) add(`NODE-PORT-LOCAL-${protocol}`, String(port.nodePort));
    }
    for (const each of endpoints)
      if (each.local) add("LOOP-BACK", `${each.address},${port.protocol}:${port.targetPort},${each.address}`);
  }
  return entries;
}

/** The name in the kernel, which takes 31 characters. */
export function setName(family: "ipv4" | "ipv6", name: SetName): string {
  return `${family === "ipv6" ? "KUBE-6-" : "KUBE-"}${name}`.slice(0, 31);
}
