import * as pulumi from "@pulumi/pulumi";
import { addressIn, File, LeafSpine, Netns, Probe, Process, Route, subnet, VethPair } from "pulumi-localnet";
import { configuration, daemons } from "./frr";

/** Links that are cut: `pulumi config set cut leaf1-spine2`. */
const cut = (new pulumi.Config().get("cut") ?? "").split(",").filter(Boolean);

// Links between leaves and spines have only link-local addresses of IPv6, and routes use those.
const [spines, leaves] = [2, 3];
const fabric = new LeafSpine("fabric", { spines, leaves, loopbacks: "10.255.0.0/24", cut });

// Each leaf has a server, in its own network.
const servers = Array.from({ length: leaves }, (_, index) => {
  const network = subnet("10.1.0.0/16", 24, index + 1);
  const [leaf, netns] = [fabric.node(`leaf${index + 1}`), new Netns(`server${index + 1}`)];
  const cable = new VethPair(`server${index + 1}-cable`, {
    name: "server",
    netns: leaf,
    addresses: [addressIn(network, 1)],
    peer: { name: "eth0", netns, addresses: [addressIn(network, 2)] },
  });
  const route = new Route(`server${index + 1}-default`, { netns, destination: "default", via: cable });
  return { network, netns, cable, route };
});

// Each router runs the daemons of FRR. The spines are one AS, and each leaf is its own.
const neighbours = (node: string) =>
  node.startsWith("leaf")
    ? fabric.nodeNames.filter((other) => other.startsWith("spine"))
    : fabric.nodeNames.filter((other) => other.startsWith("leaf"));
const asNumber = (node: string) => (node.startsWith("spine") ? 65000 : 65000 + Number(node.replace("leaf", "")));
const routers = fabric.nodeNames.map((node) => {
  const config = new File(`bgpd-${node}`, {
    path: `/run/bgpd-${node}.conf`,
    content: configuration(asNumber(node), neighbours(node)),
  });
  return new Process(
    `frr-${node}`,
    {
      netns: fabric.node(node),
      command: ["unshare", "--mount", "sh", "-ec", daemons, node, config.path],
      // Each router has learnt at least the addresses of the others.
      ready: { exec: ["sh", "-c", "ip route show proto bgp | grep -q 10.255."], timeoutSeconds: 120 },
    },
    { dependsOn: [fabric, ...servers.map(({ cable }) => cable)] },
  );
});

// From the first leaf to the server of the last one there is a way over each connected spine.
const [first, last] = [servers[0], servers[leaves - 1]] as [(typeof servers)[0], (typeof servers)[0]];
const ways = Array.from({ length: spines }, (_, index) => `spine${index + 1}`).filter(
  (spine) => !cut.includes(`leaf1-${spine}`) && !cut.includes(`leaf${leaves}-${spine}`),
);
const after = { dependsOn: [...routers, ...servers.map(({ route }) => route)] };
const balanced = new Probe(
  "ways",
  {
    netns: fabric.node("leaf1"),
    exec: ["sh", "-c", 'ip route show "$1" | grep -o "spine[0-9]*" | sort | xargs -n 99 echo over', "sh", last.network],
    expectOutput: `over ${ways.join(" ")}\n`,
    attempts: 60,
    triggers: cut,
  },
  after,
);
const answered = new Probe(
  "server1-to-server3",
  { netns: first.netns, ping: { address: last.cable }, attempts: 60, triggers: cut },
  after,
);

/** The ways from the first leaf to the last server, and whether it answers. */
export const seen = { ways: ways.map((spine) => balanced.results.ok.apply(() => spine)), answers: answered.results.ok };
