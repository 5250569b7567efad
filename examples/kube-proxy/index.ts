import * as pulumi from "@pulumi/pulumi";
import {
  KernelModule,
  KubeProxyNode,
  type KubeProxyNodeArgs,
  Netns,
  Probe,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { kubeProxy } from "./kubernetes";
import { server } from "./server";

const config = new pulumi.Config();
const mode = (config.get("mode") ?? "iptables") as NonNullable<KubeProxyNodeArgs["mode"]>;
const by = config.get("by") ?? "resources";
if (!["resources", "kube-proxy"].includes(by)) throw new pulumi.RunError("by: must be resources or kube-proxy");

// One for all modes; but kube-proxy takes over chains of these names, whosever they are, and leaves some behind: one for each.
const node = new Netns("node", { name: by === "resources" ? by : `${by}-${mode}` });
const outside = new Netns("outside");
const uplink = new VethPair("uplink", {
  ...{ netns: node, addresses: ["172.30.0.10/24"] },
  peer: { name: "eth0", netns: outside, addresses: ["172.30.0.1/24"] },
});
const routes = [
  new Route("node-default", { netns: node, destination: "default", via: "172.30.0.1", device: uplink }),
  new Route("to-services", { netns: outside, destination: "10.96.0.0/16", via: "172.30.0.10", device: uplink }),
];

const forwards = new Sysctl("forwards", { netns: node, key: "net.ipv4.ip_forward", value: 1 });
const modules = mode === "ipvs" ? [new KernelModule("ip_vs"), new KernelModule("ip_vs_rr")] : [];

// Two pods, each at a cable of its own.
const pods = [1, 2].map((number) => {
  const [name, address, gateway] = [`pod${number}`, `172.22.${number}.2`, `172.22.${number}.1`];
  const netns = new Netns(name);
  const cable = new VethPair(`${name}-cable`, {
    ...{ netns: node, name, addresses: [`${gateway}/24`] },
    peer: { name: "eth0", netns, addresses: [`${address}/24`] },
  });
  const route = new Route(`${name}-default`, { netns, destination: "default", via: gateway, device: cable });
  const ready = { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 };
  const web = new Process(`${name}-web`, { netns, command: server(name), ready }, { dependsOn: route });
  return { name, netns, address, gateway, web };
});

// The service, in the words of the component and, below, in those of Kubernetes.
const podCidr = "172.22.0.0/16";
const web = {
  ...{ name: "default/web", addresses: "10.96.77.10", externalAddresses: ["192.0.2.10"] },
  ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080 }],
};
// What kube-proxy finds out by itself: where node ports are, and which addresses are of services.
const nodeAddresses = ["172.30.0.10", ...pods.map(({ gateway }) => gateway)];
const ofMode: Record<string, KubeProxyNodeArgs> = {
  ipvs: { nodeAddresses },
  nftables: { nodeAddresses: nodeAddresses.slice(0, 1), serviceCidr: ["10.96.0.0/16"] },
};
const before = [...routes, forwards, ...modules, ...pods.map((each) => each.web)];
const proxy =
  by === "resources"
    ? new KubeProxyNode(
        "proxy",
        {
          ...{ netns: node, mode, podCidr, ...ofMode[mode] },
          services: [{ ...web, endpoints: pods.map(({ address, web }) => ({ address, dependsOn: web })) }],
        },
        { dependsOn: before },
      )
    : kubeProxy({
        ...{ node, mode, podCidr, service: web, addresses: pods.map(({ address }) => address) },
        ...{ programs: config.get("programs"), dependsOn: before },
      });

// Whoever makes it, and however: both pods answer.
const looks: [from: string, what: string, netns: Netns | undefined, url: string][] = [
  ["pod1", "cluster address", pods[0]?.netns, "http://10.96.77.10"],
  ["node", "cluster address", node, "http://10.96.77.10"],
  ["outside", "node port", outside, "http://172.30.0.10:30080"],
];
const names = pods.map(({ name }) => name);
export const seen = looks.map(([from, what, netns, url]) => {
  const http = { url, expectBody: names };
  const { results } = new Probe(
    `from-${from}`,
    { ...(netns && { netns }), http, count: 32, attempts: 60, triggers: [by, mode] },
    { dependsOn: [proxy, ...routes] },
  );
  const saw = results.bodies.apply((bodies) => Object.keys(bodies).sort().join(", "));
  return { probe: `${from}: ${what}`, must: names.join(", "), saw };
});
