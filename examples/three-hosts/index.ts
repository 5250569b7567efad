import * as pulumi from "@pulumi/pulumi";
import { addressIn, Bridge, Lan, Pod, Probe, Process, Provider, VirtualService } from "pulumi-localnet";
import { server } from "./server";

const config = new pulumi.Config();
const network = "10.77.0.0/16";

// Each machine has a bridge with an address of the LAN.
const hosts = config
  .require("hosts")
  .split(",")
  .map((host, index) => {
    const name = `host${index + 1}`;
    const provider = new Provider(name, { host });
    const addresses = [addressIn(network, (index + 1) * 256 + 1)];
    return { name, index, provider, bridge: new Bridge(`${name}-bridge`, { name: "lan0", addresses }, { provider }) };
  });

// All bridges are one LAN. It tests packets of full size between any two of them.
const lan = new Lan("lan", {
  hosts: Object.fromEntries(hosts.map((host) => [host.name, host])),
  over: config.get("over") as "vxlan" | "wireguard" | undefined,
});

// Links to them need the mtu of the LAN. Larger packets would be lost between the machines.
const pods = hosts.flatMap(({ name, index, bridge, provider }) =>
  Array.from({ length: config.getNumber("pods") ?? 2 }, (_, number) => {
    const addresses = [addressIn(network, (index + 1) * 256 + 2 + number)];
    const pod = new Pod(`${name}-pod${number + 1}`, { bridge, addresses, mtu: lan.mtu }, { provider });
    return { pod, provider, address: addresses[0]?.replace(/\/.*/, "") ?? "", host: name };
  }),
);

// Pings of full size from the first pod of each machine to that of each other machine.
const firsts = hosts.flatMap(({ name }) => pods.find(({ host }) => host === name) ?? []);
for (const from of firsts)
  for (const to of firsts.filter((each) => each !== from))
    new Probe(
      `${from.host}-to-${to.host}`,
      {
        netns: from.pod,
        ping: { address: to.address, size: lan.mtu.apply((mtu) => mtu - 28), dontFragment: true },
        attempts: 10,
        triggers: [lan.mtu],
      },
      { provider: from.provider, dependsOn: [lan, to.pod] },
    );

// A service with the first pod of each machine as its backends, and a client on the first machine.
const endpoints = firsts.map(({ pod, provider, host }) => {
  const ready = { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 };
  const web = new Process(`${host}-web`, { netns: pod, command: server(host), ready }, { provider });
  return { address: pod, dependsOn: web };
});
const [first] = hosts;
if (!first) throw new pulumi.RunError("hosts: must be at least two");
const { bridge, provider } = first;
const client = new Pod(
  "client",
  { bridge, addresses: [addressIn(network, 256 + 250)], gateway: bridge, mtu: lan.mtu },
  { provider },
);
const web = new VirtualService(
  "web",
  { netns: client, addresses: "10.96.0.10", ports: [{ port: 80, targetPort: 8080 }], endpoints },
  { providers: [provider] },
);
new Probe(
  "service",
  { netns: client, http: { url: "http://10.96.0.10/", expectBody: firsts.map(({ host }) => host) }, count: 30 },
  { provider, dependsOn: [web, lan] },
);

export const mtu = lan.mtu;
