import * as pulumi from "@pulumi/pulumi";
import * as dynamic from "../../provider/src";
import { ofWeb } from "./support/kube-proxy";

const two = [{ ...ofWeb().services[0] }, { ...ofWeb().services[0], name: "other" }] as dynamic.KubeProxyService[];

test.each<[string, dynamic.KubeProxyNodeArgs]>([
  ["mode: must be iptables, ipvs or nftables", { mode: "userspace" as "iptables" }],
  ["scheduler: is only for mode ipvs", { scheduler: "rr" }],
  ["nodeAddresses: is not for mode iptables", { nodeAddresses: ["10.0.0.1"] }],
  ["nodeAddresses.1: must not be there twice: 10.0.0.1", { mode: "ipvs", nodeAddresses: ["10.0.0.1", "10.0.0.1"] }],
  [
    "nodeAddresses.0: must be of the node's families",
    { mode: "ipvs", families: ["ipv6"], nodeAddresses: ["10.0.0.1"] },
  ],
  [
    "services.0.ports.0.nodePort: needs nodeAddresses in mode ipvs",
    ofWeb({ ports: [{ port: 80, nodePort: 30080 }] }, { mode: "ipvs" }),
  ],
  [
    "services.0.ports.0.nodePort: is not possible for sctp in mode ipvs",
    ofWeb({ ports: [{ port: 80, nodePort: 30080, protocol: "sctp" }] }, { mode: "ipvs", nodeAddresses: ["10.0.0.1"] }),
  ],
  ["families.0: must be ipv4 or ipv6", { families: ["ipv5" as "ipv4"] }],
  ["podCidr.0: must be a network: all bits behind the prefix zero", { podCidr: "10.0.0.1/24" }],
  ["podCidr: must be at most one of an IP version", { podCidr: ["10.0.0.0/24", "10.0.1.0/24"] }],
  ["podCidr: must be of families: fd00::/64 is not", { families: ["ipv4"], podCidr: "fd00::/64" }],
  ["services.0.name: must be such as web or default/web, of small letters, digits and -", ofWeb({ name: "Web" })],
  ["services.0.addresses: must be at most one of an IP version", ofWeb({ addresses: ["10.96.0.1", "10.96.0.2"] })],
  ["services.0.addresses.0: must be of the node's families", ofWeb({}, { families: ["ipv6"] })],
  ["services.0.addresses.0: must be an IPv4 or IPv6 address", ofWeb({ addresses: "10.96.0" })],
  [
    "services.0.addresses.0: must be known to the program, not an output: it decides which objects there are",
    ofWeb({ addresses: [pulumi.output("10.96.0.1") as unknown as string] }),
  ],
  ["services.0.addresses.0: must be a unicast address", ofWeb({ addresses: "0.0.0.0" })],
  ["services.0.ports: must not be empty", ofWeb({ ports: [] })],
  ["services.0.ports.0.port: is required", ofWeb({ ports: [{} as { port: number }] })],
  ["services.0.ports.0.nodePort: must be 30000 to 32767", ofWeb({ ports: [{ port: 80, nodePort: 80 }] })],
  ["services.0.ports.0: has no input target", ofWeb({ ports: [{ port: 80, target: 81 } as { port: number }] })],
  [
    "services.0.ports.1.name: is required where there are several ports",
    ofWeb({ ports: [{ name: "a", port: 80 }, { port: 81 }] }),
  ],
  [
    "services.0.ports.1.name: must not be that of another port: a",
    ofWeb({
      ports: [
        { name: "a", port: 80 },
        { name: "a", port: 81 },
      ],
    }),
  ],
  [
    "services.0.ports.0.name: must be at most 49 characters together with the name of the service",
    ofWeb({ name: "w".repeat(49) }),
  ],
  [
    "services.0.endpoints.0: must be of an IP version that the service has an address of: fd00::2 is not",
    ofWeb({ endpoints: ["fd00::2"] }),
  ],
  ...["127.0.0.2", "169.254.0.1", "::1", "fe80::1"].map((address): [string, dynamic.KubeProxyNodeArgs] => [
    "services.0.endpoints.0.address: must be an address that others reach too: no loopback or link-local one",
    ofWeb({ addresses: ["10.96.0.1", "fd00:96::1"], endpoints: [address] }),
  ]),
  ["services.0.endpoints.0.address: must be an IPv4 or IPv6 address", ofWeb({ endpoints: ["10.0.0.2/24"] })],
  ["services.0.endpoints.0: must not be a cluster address: 10.96.0.1", ofWeb({ endpoints: ["10.96.0.1"] })],
  [
    "services.0.endpoints.0: must be an address, a pod, or an object with address",
    ofWeb({ endpoints: [null as unknown as string] }),
  ],
  [
    "nodeAddresses.0: must not be a cluster address: 10.96.0.1",
    ofWeb({}, { mode: "ipvs", nodeAddresses: ["10.96.0.1"] }),
  ],
  [
    "services.0.endpoints.1: must not be there twice: 10.0.0.2",
    ofWeb({ endpoints: ["10.0.0.2", { address: "10.0.0.2" }] }),
  ],
  [
    "services.0.externalAddresses.0: must be of an IP version that the service has an address of: fd00::2 is not",
    ofWeb({ externalAddresses: ["fd00::2"] }),
  ],
  [
    "services.0.endpoints.1: must be of podCidr 10.0.0.0/24, or have local: false: 10.0.1.2 is not",
    ofWeb(
      { endpoints: ["10.0.0.2", "10.0.1.2", { address: "10.0.2.2", local: false }] },
      { podCidr: ["10.0.0.0/24", "fd00::/64"] },
    ),
  ],
  ["serviceCidr: is only for mode nftables", { mode: "ipvs", serviceCidr: "10.96.0.0/16" }],
  [
    "serviceCidr: must be of families: fd00::/112 is not",
    { mode: "nftables", families: ["ipv4"], serviceCidr: "fd00::/112" },
  ],
  ["services.0.sessionAffinity.timeoutSeconds: must be 1 to 86400", ofWeb({ sessionAffinity: { timeoutSeconds: 0 } })],
  ["services.0.externalTrafficPolicy: must be Cluster or Local", ofWeb({ externalTrafficPolicy: "local" as "Local" })],
  ["services.1.ports.0.port: must be free: tcp 80 of 10.96.0.1 belongs to service web", { services: two }],
  ...(["ipvs", "nftables"] as const).map((mode): [string, dynamic.KubeProxyNodeArgs] => [
    "services.1.ports.0.port: must be free: tcp 30000 of 10.0.0.1 belongs to service web",
    {
      ...{ mode, nodeAddresses: ["10.0.0.1"] },
      services: [
        ...ofWeb({ ports: [{ port: 80, nodePort: 30000 }] }).services,
        ...ofWeb({ name: "b", addresses: "10.96.0.2", externalAddresses: ["10.0.0.1"], ports: [{ port: 30000 }] })
          .services,
      ],
    },
  ]),
  [
    "services.1.name: must not be that of another service: web",
    { services: [...ofWeb().services, ...ofWeb({ addresses: "10.96.0.2" }).services] },
  ],
  [
    "services.1.ports.0.nodePort: must be free: tcp 30000 of the node belongs to service web",
    {
      services: ["10.96.0.1", "10.96.0.2"].flatMap(
        (addresses, index) =>
          ofWeb({ name: index ? "other" : "web", addresses, ports: [{ port: 80, nodePort: 30000 }] }).services,
      ),
    },
  ],
])("refused: %s", (message, args) => {
  expect(() => new dynamic.KubeProxyNode("kp", args)).toThrow(`KubeProxyNode kp: ${message}`);
});
