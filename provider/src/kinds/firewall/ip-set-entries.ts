import { isIP } from "node:net";
import { z } from "zod";
import { address, cidr, isNetwork } from "../../schema/fields";

/** The types of sets, by the parts of their entries. */
export const types = [
  ...(["hash:ip", "hash:mac", "hash:net", "hash:net,net", "hash:ip,port", "hash:net,port"] as const),
  ...(["hash:ip,port,ip", "hash:ip,port,net", "hash:net,port,net", "hash:net,iface", "hash:ip,mac"] as const),
  "bitmap:port",
] as const;
type SetType = (typeof types)[number];

type Family = "ipv4" | "ipv6";
type Part = readonly [holds: (text: string, family: Family) => boolean, what: string];

const isAddress = (text: string, family: Family) =>
  isIP(text) === (family === "ipv6" ? 6 : 4) && address.safeParse(text).data === text && !/^[0.:]+$/.test(text);

/** In ipset's form: without the prefix length of a single address, and not the address of all zeros. */
const isSubnet = (text: string, family: Family) => {
  if (!text.includes("/")) return isAddress(text, family);
  const [host = "", prefix] = text.split("/");
  const bits = family === "ipv6" ? 128 : 32;
  const canonical = cidr.safeParse(text).data === text && isIP(host) === (family === "ipv6" ? 6 : 4);
  return canonical && isNetwork(text) && Number(prefix) > 0 && Number(prefix) < bits;
};

const isPort = (text: string) => {
  const [, number] = /^(?:tcp|udp|sctp|udplite):([1-9]\d{0,4})$/.exec(text) ?? [];
  return number !== undefined && Number(number) <= 65535;
};

const isPortNumber = (text: string) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;

const parts: Readonly<Record<string, Part>> = {
  ip: [isAddress, "an address"],
  net: [isSubnet, "a network such as 10.0.0.0/24, without bits after its prefix, or an address"],
  port: [isPort, "PROTOCOL:PORT, tcp:80"],
  mac: [(text) => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text) && !/^[0:]+$/.test(text), "a MAC address"],
  number: [isPortNumber, "a port, 1 to 65535"],
  iface: [(text) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(text), "the name of a link"],
};

/** An entry in the form of this package and the kernel. ipset prints MAC addresses in capitals. */
export function canonicalEntry(text: string): string {
  return text
    .split(",")
    .map((part) => {
      if (/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(part)) return part.toLowerCase();
      return z.union([cidr, address]).safeParse(part).data ?? part;
    })
    .join(",");
}

/** The error in an entry of a set; undefined: there is none. */
export function badEntry(entry: string, type: SetType, family: Family): string | undefined {
  const names = type === "bitmap:port" ? ["number"] : type.replace("hash:", "").split(",");
  const values = entry.split(",");
  if (values.length !== names.length)
    return `must be ${names.length} part${names.length > 1 ? "s" : ""} for type ${type}, separated by commas`;
  for (const [index, name] of names.entries()) {
    const [holds, what] = parts[name] as Part;
    if (!holds(values[index] ?? "", family)) return `part ${index + 1} must be ${what}, of family ${family}`;
  }
  return undefined;
}
