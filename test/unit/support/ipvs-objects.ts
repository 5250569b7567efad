import { ipvsIn } from "../../fixtures/kube-proxy/recorded";
import { checked, type Made } from "./iptables-tables";

const protocols: Readonly<Record<string, string>> = { tcp: "-t", udp: "-u" };

function endpoint(address: unknown, port: unknown): string {
  return String(address).includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The sets, the virtual servers and the link of a node, as ipset, ipvsadm and ip print them. */
export function ipvsOf(objects: readonly Made[]) {
  const all = objects.filter(({ kind }) => !kind.startsWith("Iptables")).map(checked);
  const of = (kind: string) => all.filter((each) => each.kind === kind).map(({ inputs }) => inputs);
  const sets = of("IpSet").flatMap(({ name, type, family, entries, maxElements }) => [
    type === "bitmap:port"
      ? `create ${name} bitmap:port range 0-65535`
      : `create ${name} ${type} family ${family === "ipv6" ? "inet6" : "inet"} hashsize 1024 maxelem ${maxElements}`,
    ...(entries as string[]).map((entry) => `add ${name} ${entry}`),
  ]);
  const servers = of("IpvsService").map(({ protocol, address, port, scheduler, persistenceTimeout: seconds }) => {
    const server = `-A ${protocols[String(protocol)]} ${endpoint(address, port)} -s ${scheduler}`;
    return seconds === undefined ? server : `${server} -p ${seconds}`;
  });
  const backends = of("IpvsBackend").map(({ service, address, port, weight, forwarding }) => {
    const [, protocol = "", server] = /^(\w+)\/(.*)$/.exec(String(service)) ?? [];
    const way = forwarding === "masquerade" ? "-m" : forwarding;
    return `-a ${protocols[protocol]} ${server} -r ${endpoint(address, port)} ${way} -w ${weight}`;
  });
  const links = of("Dummy").map(({ name, up, addresses }) => {
    const shown = (addresses as string[]).map((each) => `inet ${each}`);
    return `${name}: <${up ? "UP" : ""}> ${shown.join(" ")}`;
  });
  return ipvsIn(sets.join("\n"), [...servers, ...backends].join("\n"), links.join("\n"));
}
