import { familyOf, networkOf } from "../../schema/fields";
import type { Node, Service } from "./node";

type Failure = readonly [path: readonly (string | number)[], rule: string];

/** What the longest comment around a name leaves of the 100 characters that a rule's has. */
const longestName = 49;

/** What is wrong with inputs that are good each by itself. */
export function clashes(node: Node): Failure[] {
  const failures: Failure[] = [];
  const versions = node.families.map((family) => (family === "ipv6" ? 6 : 4));
  for (const key of ["podCidr", "serviceCidr"] as const) {
    if (hasTwo(node[key].map(familyOf))) failures.push([[key], "must be at most one of an IP version"]);
    for (const each of node[key])
      if (!versions.includes(familyOf(each))) failures.push([[key], `must be of families: ${each} is not`]);
  }
  node.services.forEach((service, index) => {
    for (const [path, rule] of [...wrong(service, versions), ...strangers(service, node)])
      failures.push([["services", index, ...path], rule]);
  });
  return [...failures, ...ofMode(node, versions), ...taken(node)];
}

function* ofMode(node: Node, versions: readonly number[]): Iterable<Failure> {
  const { mode, scheduler, nodeAddresses, serviceCidr, services } = node;
  if (mode !== "ipvs" && scheduler !== undefined) yield [["scheduler"], "is only for mode ipvs"];
  if (mode !== "nftables" && serviceCidr.length > 0) yield [["serviceCidr"], "is only for mode nftables"];
  if (mode === "iptables" && nodeAddresses.length > 0)
    yield [["nodeAddresses"], "is not for mode iptables: there every address of the node has them"];
  for (const [index, each] of nodeAddresses.entries()) {
    if (!versions.includes(familyOf(each))) yield [["nodeAddresses", index], "must be of the node's families"];
    if (services.some(({ addresses }) => addresses.includes(each)))
      yield [["nodeAddresses", index], `must not be a cluster address: ${each}`];
    if (nodeAddresses.indexOf(each) < index) yield [["nodeAddresses", index], `must not be there twice: ${each}`];
  }
  if (mode !== "ipvs") return;
  for (const [index, { ports }] of services.entries()) {
    for (const [at, { nodePort, protocol }] of ports.entries()) {
      const path = ["services", index, "ports", at, "nodePort"];
      if (nodePort !== undefined && nodeAddresses.length === 0) yield [path, "needs nodeAddresses in mode ipvs"];
      if (nodePort !== undefined && protocol === "sctp") yield [path, "is not possible for sctp in mode ipvs"];
    }
  }
}

function* wrong(service: Service, versions: readonly number[]): Iterable<Failure> {
  const families = service.addresses.map(familyOf);
  if (hasTwo(families)) yield [["addresses"], "must be at most one of an IP version"];
  for (const [index, each] of families.entries()) {
    if (!versions.includes(each)) yield [["addresses", index], "must be of the node's families"];
  }
  for (const key of ["endpoints", "externalAddresses"] as const) {
    const texts = service[key].map((each) => (typeof each === "string" ? each : each.address));
    for (const [index, text] of texts.entries()) {
      if (!families.includes(familyOf(text)))
        yield [[key, index], `must be of an IP version that the service has an address of: ${text} is not`];
      if (texts.indexOf(text) < index) yield [[key, index], `must not be there twice: ${text}`];
    }
  }
  const names = service.ports.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    const path = ["ports", index, "name"];
    if (name === undefined && names.length > 1) yield [path, "is required where there are several ports"];
    if (name !== undefined && names.indexOf(name) < index) yield [path, `must not be that of another port: ${name}`];
    if (`${service.name}:${name ?? ""}`.length > longestName)
      yield [path, `must be at most ${longestName} characters together with the name of the service`];
  }
}

/** An endpoint here is a pod, or the node itself: another would not be reached, or not answer by the node. */
function* strangers({ endpoints }: Service, { podCidr, nodeAddresses, services }: Node): Iterable<Failure> {
  for (const [index, { address, local }] of endpoints.entries()) {
    if (services.some(({ addresses }) => addresses.includes(address)))
      yield [["endpoints", index], `must not be a cluster address: ${address}`];
    const pods = podCidr.find((each) => familyOf(each) === familyOf(address));
    if (!local || pods === undefined || nodeAddresses.includes(address)) continue;
    if (networkOf(`${address}/${pods.split("/")[1]}`) !== networkOf(pods))
      yield [["endpoints", index], `must be of podCidr ${pods}, or have local: false: ${address} is not`];
  }
}

function hasTwo(versions: readonly number[]): boolean {
  return new Set(versions).size < versions.length;
}

/** What two services, or two ports of one, cannot both have. */
function* taken({ services, nodeAddresses }: Node): Iterable<Failure> {
  const holders = new Map<string, string>();
  for (const [index, { name, addresses, externalAddresses, ports }] of services.entries()) {
    const earlier = holders.get(name);
    if (earlier !== undefined) yield [["services", index, "name"], `must not be that of another service: ${name}`];
    holders.set(name, name);
    for (const [at, { port, nodePort, protocol }] of ports.entries()) {
      const inner = [...addresses, ...externalAddresses].map((each) => ["port", `${protocol} ${port} of ${each}`]);
      const outer = ["the node", ...nodeAddresses].map((each) => ["nodePort", `${protocol} ${nodePort} of ${each}`]);
      const places = nodePort === undefined ? inner : [...inner, ...outer];
      for (const key of ["port", "nodePort"]) {
        const clash = places.find(([each, place = ""]) => each === key && holders.has(place))?.[1];
        if (clash !== undefined)
          yield [
            ["services", index, "ports", at, key],
            `must be free: ${clash} belongs to service ${holders.get(clash)}`,
          ];
        for (const [each, place = ""] of places) if (each === key) holders.set(place, name);
      }
    }
  }
}
