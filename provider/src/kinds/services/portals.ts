import { addressAndPort } from "./names";
import type { Endpoint, Node, Port, Service } from "./node";

/** A port of a service in one IP version, and what of its endpoints is used. */
export interface Portal {
  readonly service: Service;
  readonly port: Port & { readonly targetPort: number };
  /** `default/web:http` */
  readonly name: string;
  /** The cluster address. */
  readonly address: string;
  readonly external: readonly string[];
  readonly endpoints: readonly Endpoint[];
  readonly podCidr: string | undefined;
  readonly masqueradeAll: boolean;
}

/** The ports of all services that have an address of this IP version. */
export function portals(node: Node, isSameFamily: (address: string) => boolean): Portal[] {
  return node.services.flatMap((service) => {
    const address = service.addresses.find(isSameFamily);
    if (address === undefined) return [];
    const endpoints = service.endpoints.filter((each) => isSameFamily(each.address));
    return service.ports.map(({ targetPort, ...port }) => ({
      ...{ service, address },
      port: { ...port, targetPort: targetPort ?? port.port },
      name: port.name === undefined ? service.name : `${service.name}:${port.name}`,
      external: service.externalAddresses.filter(isSameFamily),
      endpoints: endpoints.toSorted(byText(targetPort ?? port.port)),
      podCidr: node.podCidr.find(isSameFamily),
      masqueradeAll: node.masqueradeAll,
    }));
  });
}

/** In the order of their texts, as kube-proxy has them: .10 stands before .2. */
function byText(port: number) {
  const text = ({ address }: Endpoint) => addressAndPort(address, port);
  return (one: Endpoint, other: Endpoint) => (text(one) < text(other) ? -1 : 1);
}

/** Where connections to a port go, by the way they come. */
export interface Spread {
  /** The endpoints that somebody is sent to. */
  readonly used: readonly Endpoint[];
  /** Is there somebody who gets any of them, and somebody who gets one of this node? */
  readonly all: boolean;
  readonly local: boolean;
  /** What those get who come by the cluster address; undefined: nothing is there for them. */
  readonly internal: "all" | "local" | undefined;
  /** Is there a way from outside, and a policy that keeps who comes by it on this node? */
  readonly outer: boolean;
  readonly isLocal: boolean;
  /** Which clients find no endpoint. */
  readonly nobody: { readonly internalClients: boolean; readonly externalClients: boolean };
}

export function spreadOf({ service, port, endpoints, external }: Portal): Spread {
  const isExternal = external.length > 0 || port.nodePort !== undefined;
  const isLocal = service.externalTrafficPolicy === "Local";
  const isInternalLocal = service.internalTrafficPolicy === "Local";
  const hasLocal = endpoints.some((each) => each.local);
  // A pod of this node gets any endpoint, also by an external address with policy Local.
  const usesAll = !isInternalLocal || isExternal;
  const all = usesAll && endpoints.length > 0;
  const local = (isInternalLocal || (isLocal && isExternal)) && hasLocal;
  const internal = isInternalLocal ? local && "local" : all && "all";
  return {
    ...{ all, local, isLocal },
    used: endpoints.filter((each) => usesAll || each.local),
    internal: internal || undefined,
    outer: isExternal && all,
    nobody: { internalClients: !internal, externalClients: isLocal ? !hasLocal : endpoints.length === 0 },
  };
}
