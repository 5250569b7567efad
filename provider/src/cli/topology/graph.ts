import { oneLine } from "../../text";
import { group } from "./group";
import type { LabObject } from "./object";
import { idIn, type Link, type Part, topologyOf } from "./topology";

/** A lab as a picture: boxes, the nodes in them, and the lines between them. */
export interface Graph {
  /** The hosts, if there are several. */
  readonly frames: readonly Frame[];
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
}

export interface Frame {
  readonly id: string;
  readonly label: string;
}

/** A namespace. */
export interface Box {
  readonly id: string;
  readonly label: string;
  readonly host?: string | undefined;
  /** The frame that contains it. */
  readonly frame?: string | undefined;
  /** The resources that make it. */
  readonly objects: readonly LabObject[];
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  readonly id: string;
  readonly kind: "link" | "bridge" | "service" | "process" | "barrier";
  /** The text, in lines. */
  readonly lines: readonly string[];
  /** Its resource, or several that are drawn as one. */
  readonly objects: readonly LabObject[];
}

export interface Edge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** A cable between two ends, a port of a bridge, a backend of a service, a VXLAN between two hosts. */
  readonly kind: "cable" | "port" | "backend" | "overlay";
}

type MutableBox = Omit<Box, "nodes" | "objects"> & { nodes: GraphNode[]; objects: LabObject[] };

export function graphOf(unsorted: readonly LabObject[]): Graph {
  // Numeric order: pod-2 comes before pod-10, whatever the order in the state.
  const objects = [...unsorted].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const { namespaces, links, services, processes, barriers } = topologyOf(objects);
  const boxes = new Map<string, MutableBox>();
  for (const { host, name, object } of namespaces) boxIn(boxes, host, name).objects.push(...(object ? [object] : []));
  const ids = new Map<string, string>();
  const add = (part: Part, kind: GraphNode["kind"], lines: readonly string[], key: string) => {
    const box = boxIn(boxes, part.host, part.netns);
    const id = `n${ids.size}`;
    ids.set(key, id);
    box.nodes.push({ id, kind, lines: lines.map(oneLine), objects: [part.object] });
  };
  for (const link of links) {
    const isMaster = links.some((port) => port.master === link.name && isSameNamespace(port, link));
    add(
      link,
      isMaster || link.object.type === "Bridge" ? "bridge" : "link",
      [link.name, ...link.addresses],
      keyOf(link),
    );
  }
  for (const service of services) add(service, "service", [service.endpoint], `service ${keyOfPart(service)}`);
  for (const process of processes) add(process, "process", [process.object.name], `process ${keyOfPart(process)}`);
  for (const barrier of barriers)
    add(barrier, "barrier", barrierLines(barrier.object), `barrier ${keyOfPart(barrier)}`);
  const edge = (from: string, to: string | undefined, kind: Edge["kind"]): Omit<Edge, "id">[] => {
    const [a, b] = [ids.get(from), to === undefined ? undefined : ids.get(to)];
    return a !== undefined && b !== undefined ? [{ from: a, to: b, kind }] : [];
  };
  const overlays = links.filter(({ object }) => object.type === "Vxlan");
  const edges = [
    ...overlays.flatMap((link, index) =>
      overlays
        .slice(index + 1)
        .filter((other) => other.host !== link.host && other.object.outputs.vni === link.object.outputs.vni)
        .flatMap((other) => edge(keyOf(link), keyOf(other), "overlay")),
    ),
    ...links.flatMap((link) => {
      const peer = links.find((other) => link.peer && keyOf(other) === keyOf({ host: link.host, ...link.peer }));
      return peer && isDrawnFrom(link, peer) ? edge(keyOf(link), keyOf(peer), "cable") : [];
    }),
    ...links.flatMap((link) =>
      link.master === undefined ? [] : edge(keyOf(link), keyOf({ ...link, name: link.master }), "port"),
    ),
    ...links.flatMap((link) =>
      link.lower === undefined ? [] : edge(keyOf(link), keyOf({ ...link, name: link.lower }), "port"),
    ),
    ...services.flatMap((service) =>
      service.backends.flatMap(({ object }) => {
        const to = links.find((link) => link.host === service.host && hasAddress(link, String(object.outputs.address)));
        return edge(`service ${keyOfPart(service)}`, to && keyOf(to), "backend");
      }),
    ),
  ];
  const numbered = edges.map((each, index) => ({ id: `e${index}`, ...each }));
  return group(inFrames({ frames: [], boxes: [...boxes.values()], edges: numbered }));
}

/** If there are several hosts, each is a frame. */
function inFrames({ boxes, edges }: Graph): Graph {
  const hosts = [...new Set(boxes.map(({ host }) => host))];
  if (hosts.length < 2) return { frames: [], boxes, edges };
  const frames = hosts.map((host, index) => ({ id: `h${index}`, label: oneLine(host ?? "this machine") }));
  return { frames, boxes: boxes.map((box) => ({ ...box, frame: `h${hosts.indexOf(box.host)}` })), edges };
}

function boxIn(boxes: Map<string, MutableBox>, host: string | undefined, netns: string | undefined): MutableBox {
  const key = `${host ?? ""} ${netns ?? ""}`;
  const label = oneLine(netns ?? "(host)");
  const box = boxes.get(key) ?? { id: `b${boxes.size}`, label, host, nodes: [], objects: [] };
  boxes.set(key, box);
  return box;
}

function keyOf({ host, netns, name }: { host?: string | undefined; netns?: string | undefined; name: string }): string {
  return `link ${host ?? ""} ${netns ?? ""} ${name}`;
}

function keyOfPart({ host, object }: Part): string {
  return `${host ?? ""} ${object.type} ${object.id}`;
}

function isSameNamespace(a: Part, b: Part): boolean {
  return a.host === b.host && a.netns === b.netns;
}

/** A cable is drawn once, towards the end that is a port of a bridge: this puts pods on one side and their bridge on the other. */
function isDrawnFrom(link: Link, peer: Link): boolean {
  const [a, b] = [link.master !== undefined, peer.master !== undefined];
  return a === b ? keyOf(link) < keyOf(peer) : b;
}

function hasAddress({ addresses }: Link, address: string): boolean {
  return addresses.some((each) => each.split("/")[0] === address);
}

function barrierLines(object: LabObject): string[] {
  const { target, policy, chain, protocol, source, destination, destinationPorts, inInterface } = object.outputs;
  if (policy !== undefined) return [`${chain}: policy ${policy}`];
  const match = [
    protocol,
    source && `from ${source}`,
    destination && `to ${destination}`,
    destinationPorts && `port ${destinationPorts}`,
    inInterface && `in ${inInterface}`,
  ];
  return [`${chain}: ${target}`, match.filter(Boolean).join(" ") || idIn(object)];
}
