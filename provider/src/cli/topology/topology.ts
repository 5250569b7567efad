import type { Values } from "../../core/values";
import type { LabObject } from "./object";

/** The parts of a lab and their connections. Each part refers to its object. */
interface Topology {
  readonly namespaces: readonly Namespace[];
  readonly links: readonly Link[];
  readonly services: readonly Service[];
  readonly processes: readonly Part[];
  /** Rules and policies that stop packets. */
  readonly barriers: readonly Part[];
}

/** A part of a lab and its place; `netns` undefined: the host's own namespace. */
export interface Part {
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  readonly object: LabObject;
}

/** Without an object: a namespace that others name, but that no resource here makes. */
interface Namespace {
  readonly host?: string | undefined;
  readonly name?: string | undefined;
  readonly object?: LabObject;
}

export interface Link extends Part {
  readonly name: string;
  readonly addresses: readonly string[];
  /** The bridge, bond or VRF that it is a port of, in the same namespace. */
  readonly master?: string | undefined;
  /** The other end of a pair. */
  readonly peer?: End | undefined;
  /** The link below, in the same namespace. */
  readonly lower?: string | undefined;
}

interface End {
  readonly netns?: string | undefined;
  readonly name: string;
}

interface Service extends Part {
  readonly endpoint: string;
  readonly backends: readonly { readonly address: string; readonly object: LabObject }[];
}

const dropping = ["DROP", "REJECT"];

/** Connects the parts of a lab. */
export function topologyOf(objects: readonly LabObject[]): Topology {
  const of = (...types: string[]) => objects.filter(({ type }) => types.includes(type));
  const part = (object: LabObject): Part => ({ host: object.host, netns: object.netns, object });
  const links = withAddresses(objects.flatMap(linksOf), of("Address"));
  const barriers = of("IptablesRule", "IptablesPolicy").filter(({ outputs: { target, policy } }) =>
    dropping.includes(String(target ?? policy)),
  );
  return {
    namespaces: namespacesOf(objects, links),
    links,
    services: of("IpvsService").map((object) => ({
      ...part(object),
      endpoint: idIn(object),
      backends: of("IpvsBackend").filter(isOn(object)).map(backendOf),
    })),
    processes: of("Process").map(part),
    barriers: barriers.map(part),
  };
}

/** The id without the namespace. */
export function idIn({ id, netns }: LabObject): string {
  return netns !== undefined && id.endsWith(`@${netns}`) ? id.slice(0, -netns.length - 1) : id;
}

function isOn(service: LabObject): (backend: LabObject) => boolean {
  return ({ host, netns, outputs }) =>
    host === service.host && netns === service.netns && [service.id, idIn(service)].includes(String(outputs.service));
}

function backendOf(object: LabObject): Service["backends"][number] {
  const { address, port } = object.outputs;
  return { address: String(address).includes(":") ? `[${address}]:${port}` : `${address}:${port}`, object };
}

/** The links of an object. */
function linksOf(object: LabObject): Link[] {
  const { type, outputs, host } = object;
  if (type === "Pod") return podLinks(object);
  const name = text(outputs.name);
  const isLink = "macAddress" in outputs || "ifindex" in outputs;
  if (!isLink || name === undefined) return [];
  const near = linkOf(object, object.netns, name, outputs);
  const peer = outputs.peer as Values | undefined;
  const far = text(peer?.name);
  if (!peer || far === undefined) return [near];
  const other: End = { netns: text(peer.netns), name: far };
  const end = linkOf(object, other.netns, far, peer);
  return [
    { ...near, peer: other },
    { ...end, host, peer: { netns: object.netns, name } },
  ];
}

/** `eth0` in the pod, and a port of its bridge outside, which has no addresses. */
function podLinks(object: LabObject): Link[] {
  const { outputs, netns, host } = object;
  const name = String(outputs.name);
  const near = { netns, name: text(outputs.link) ?? `veth-${name}` };
  const far = { netns: name, name: "eth0" };
  return [
    { object, host, ...near, addresses: [], master: text(outputs.bridge), peer: far },
    { object, host, ...far, addresses: list(outputs.addresses), peer: near },
  ];
}

function linkOf(object: LabObject, netns: string | undefined, name: string, values: Values): Link {
  return {
    ...{ object, host: object.host, netns, name, addresses: list(values.addresses) },
    ...{ master: text(values.master), lower: text(values.link) },
  };
}

function withAddresses(links: readonly Link[], objects: readonly LabObject[]): Link[] {
  return links.map((link) => {
    const addressesOfLink = objects.filter(
      ({ host, netns, outputs }) => host === link.host && netns === link.netns && outputs.device === link.name,
    );
    const more = addressesOfLink
      .map(({ outputs }) => String(outputs.address))
      .filter((each) => !link.addresses.includes(each));
    return more.length === 0 ? link : { ...link, addresses: [...link.addresses, ...more] };
  });
}

/** The namespaces that resources make, and those that contain something. */
function namespacesOf(objects: readonly LabObject[], links: readonly Link[]): Namespace[] {
  const namespaces = new Map<string, Namespace>();
  const note = (namespace: Namespace) => {
    const key = `${namespace.host ?? ""} ${namespace.name ?? ""}`;
    if (!namespaces.has(key)) namespaces.set(key, namespace);
  };
  for (const object of objects) if (isNamespace(object)) note({ host: object.host, name: namespaceOf(object), object });
  for (const { host, netns } of links) note({ host, name: netns });
  for (const object of objects) if (!isNamespace(object)) note({ host: object.host, name: object.netns });
  return [...namespaces.values()];
}

export function isNamespace({ type }: LabObject): boolean {
  return type === "Netns" || type === "Pod";
}

/** The namespace that an object makes, or else the one that it is in. */
export function namespaceOf(object: LabObject): string | undefined {
  return isNamespace(object) ? text(object.outputs.name) : object.netns;
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
