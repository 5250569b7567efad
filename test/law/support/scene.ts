import type { Values } from "../../../provider/src/core/check";
import { dependencies, find, isOf, kernelName, kindOf, nameIn, type Program, type Resource } from "./program";

/** A network namespace as a program can name it; the host's own is undefined. */
type Place = unknown;

/** A link that a program makes. */
export interface ProgramLink {
  /** The resource that makes it. */
  readonly by: string;
  /** How a program names it: by the resource, or as text. */
  readonly value: unknown;
  readonly type: string;
  readonly name: string;
  /** The kernel's name of the namespace that it is in; "" is the host's own. */
  readonly netns: string;
  readonly addresses: readonly string[];
  readonly up: boolean;
}

/** The kernel's name of the namespace that a value means; "" is the host's own. */
export function netnsName(program: Program, place: Place): string {
  return place === undefined ? "" : (nameIn(program, place) ?? "?");
}

export function netnsOf(program: Program, { inputs }: Resource): string {
  return netnsName(program, inputs.netns);
}

/** The namespaces that a program makes, as values of the input `netns`. */
export function places(program: Program): Place[] {
  return program.filter(({ type }) => isOf(type, "netns")).map(({ name }) => ({ ref: name }));
}

export function linksOf(program: Program, resource: Resource): ProgramLink[] {
  const { name: by, type, inputs } = resource;
  const link = (name: string, netns: string, values: Values, value: unknown): ProgramLink => ({
    ...{ by, value, type, name, netns },
    addresses: (values.addresses as string[] | undefined) ?? [],
    up: values.up !== false,
  });
  const name = kernelName(resource);
  if (type === "Pod") {
    const near = (inputs.link as string | undefined) ?? `veth-${name}`;
    const { addresses: _, ...outside } = inputs;
    return [link("eth0", name, inputs, "eth0"), link(near, netnsOf(program, resource), outside, near)];
  }
  if (!("addresses" in kindOf(type).args.shape && "name" in kindOf(type).args.shape)) return [];
  const near = link(name, netnsOf(program, resource), inputs, { ref: by });
  const peer = inputs.peer as Values | undefined;
  if (!peer) return [near];
  return [near, link(String(peer.name), netnsName(program, peer.netns), peer, peer.name)];
}

export function links(program: Program): ProgramLink[] {
  return program.flatMap((each) => linksOf(program, each));
}

export function linksIn(program: Program, netns: string): ProgramLink[] {
  return links(program).filter((each) => each.netns === netns);
}

/** The resources of a kind, or of those with a tag, that are in a namespace. */
export function resourcesIn(program: Program, netns: string, of: string): Resource[] {
  return program.filter((each) => isOf(each.type, of) && netnsOf(program, each) === netns);
}

/** The links of a namespace that an address is on the network of. */
export function reaching(program: Program, netns: string, address: string): ProgramLink[] {
  return linksIn(program, netns).filter(
    ({ up, addresses }) => up && addresses.some((each) => networkOf(each) === networkOf(address)),
  );
}

/** The network of an address, of the lengths that the pools have. */
export function networkOf(address: string): string {
  const [host = ""] = address.split("/");
  return host.includes(":") ? host.replace(/::.*$/, "::") : host.replace(/\.\d+$/, ".");
}

/** All that a resource depends on, directly or not. */
function above(program: Program, resource: Resource): Set<string> {
  const result = new Set<string>();
  const add = (each: Resource) => {
    for (const name of dependencies(each)) {
      const next = find(program, name);
      if (next && !result.has(name)) {
        result.add(name);
        add(next);
      }
    }
  };
  add(resource);
  return result;
}

/** All that depends on a resource, directly or not. */
export function below(program: Program, name: string): string[] {
  return program.filter((each) => above(program, each).has(name)).map((each) => each.name);
}
