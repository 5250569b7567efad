import type * as pulumi from "@pulumi/pulumi";
import type { Netns, Pod } from "../../generated/resources";

/** What a node is, whatever its services. */
export interface KubeProxyNodeBaseArgs {
  /**
   * How services are made: "iptables", as chains that packets walk through; "ipvs", as virtual servers of IPVS, which needs
   * the modules ip_vs and ip_vs_rr; "nftables", as elements of maps that a packet is looked up in. Default: "iptables".
   */
  mode?: "iptables" | "ipvs" | "nftables" | undefined;
  /** How IPVS chooses an endpoint, `ipvsadm`'s names. Only in mode ipvs. Default: "rr". */
  scheduler?: string | undefined;
  /**
   * Addresses of the node that node ports are on. Needed for them in mode ipvs; in mode nftables without any they are on all
   * but those of loopback. In mode iptables they are on every address.
   */
  nodeAddresses?: string[] | undefined;
  /** IP versions of the node. Default: both, as kube-proxy has it. */
  families?: ("ipv4" | "ipv6")[] | undefined;
  /**
   * Networks of the pods, one of an IP version: who calls a service from elsewhere is masqueraded. Default: none, nobody is,
   * but for those who come by a node port or by an external address, and an endpoint that calls itself.
   */
  podCidr?: string | string[] | undefined;
  /**
   * Networks that cluster addresses are given from, one of an IP version: what is for none that is given is dropped. Only in
   * mode nftables. Default: none.
   */
  serviceCidr?: string | string[] | undefined;
  /** Is everybody masqueraded who calls a service, pods too? Default: false. */
  masqueradeAll?: boolean | undefined;
  /** Network namespace of the node. Default: the host's own. */
  netns?: pulumi.Input<string> | Netns | Pod | undefined;
  /** Where the node is: `ssh://[user@]name[:port]`. Default: the host of what is given, or else as for all resources. */
  host?: pulumi.Input<string> | undefined;
}

/** The inputs of {@link KubeProxyNode}. */
export interface KubeProxyNodeArgs extends KubeProxyNodeBaseArgs {
  /** All services of the node. */
  services?: KubeProxyService[] | undefined;
}

/** The inputs of {@link VirtualService}. */
export interface VirtualServiceArgs extends KubeProxyNodeBaseArgs, KubeProxyServiceBaseArgs {
  /** Name of the service, `web` or `default/web`. Default: the resource's. */
  name?: string | undefined;
}

/** A service of several. */
export interface KubeProxyService extends KubeProxyServiceBaseArgs {
  /** Name, `web` or `default/web`. */
  name: string;
}

/** Addresses and ports that lead to endpoints. */
export interface KubeProxyServiceBaseArgs {
  /** Cluster addresses, one of an IP version. */
  addresses: string | string[];
  /** Ports; if there are several, each has a name. */
  ports: ServicePort[];
  /**
   * What is behind it: pods, or addresses of pods; those of this node out of `podCidr` if that is said. Without any, who
   * calls the service is refused.
   */
  endpoints?: (string | Pod | ServiceEndpoint)[] | undefined;
  /** One and the same client gets the same endpoint. */
  sessionAffinity?: SessionAffinity | undefined;
  /** Addresses outside of the cluster that lead to the service too. */
  externalAddresses?: string[] | undefined;
  /** Who calls a cluster address gets any endpoint, "Cluster", or one of this node, "Local". Default: "Cluster". */
  internalTrafficPolicy?: "Cluster" | "Local" | undefined;
  /** The same for node ports and external addresses; with "Local", clients keep their address. Default: "Cluster". */
  externalTrafficPolicy?: "Cluster" | "Local" | undefined;
}

/** A port of a service. */
export interface ServicePort {
  /** Name. */
  name?: string | undefined;
  /** Port of the service. */
  port: number;
  /** Port of the endpoints. Default: `port`. */
  targetPort?: number | undefined;
  /** Protocol. Default: "tcp". */
  protocol?: "tcp" | "udp" | "sctp" | undefined;
  /** Port of the node, 30000 to 32767, that leads to the service on all of its addresses. */
  nodePort?: number | undefined;
}

/** What is behind a service. */
export interface ServiceEndpoint {
  /** Address; or a pod, which means its addresses and is there before the endpoint gets connections. */
  address: string | Pod;
  /** Is it on this node? Default: true. */
  local?: boolean | undefined;
  /** What has to be there, or ready, before the endpoint gets connections, such as a Process with `ready`. */
  dependsOn?: pulumi.Resource | pulumi.Resource[] | undefined;
}

/** By its address, a client is known. */
export interface SessionAffinity {
  /** Seconds for which a client is remembered, 1 to 86400. Default: 10800. */
  timeoutSeconds?: number | undefined;
}
