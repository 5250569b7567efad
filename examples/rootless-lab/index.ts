// kube-proxy's iptables mode on one node, which is a namespace too. It needs only what
// `unshare -Urnm`, and its own `/run` and `/sys`, provide.

import * as pulumi from "@pulumi/pulumi";
import { Bridge, IptablesRule, Netns, Probe, Process, Route, Sysctl, VethPair } from "pulumi-localnet";

const pods = ["foo", "bar", "baz"];
const network = "10.95.0";
/** The virtual address of the service. No link has it. */
const service = "10.96.0.1";

/** All resources that the probes depend on. */
const lab: pulumi.Resource[] = [];

/** A web server on port 8080 whose page has the name of its pod. */
const program = `
$SIG{CHLD} = "IGNORE";
$server = IO::Socket::INET->new(LocalPort => 8080, Listen => 99, ReuseAddr => 1) or die $@;
while ($client = $server->accept) {
  if (!fork) {
    while (<$client>) { last if /^\\r?$/ }
    print $client "HTTP/1.0 200 OK\\r\\n\\r\\n", @ARGV;
    exit;
  }
  close $client;
}`;
const serve = (pod: string) => ["perl", "-MIO::Socket::INET", "-e", program.replaceAll("\n", " "), pod];

// The node: a bridge for the pods, forwarding between them, and a route for its own packets to the service.
const node = new Netns("node");
const cni0 = new Bridge("cni0", { netns: node, addresses: [`${network}.1/24`] });
lab.push(
  new Sysctl("ip_forward", { netns: node, key: "net.ipv4.ip_forward", value: 1 }),
  new Route("services", { netns: node, destination: "10.96.0.0/16", device: cni0 }),
);

// The pods, each with its own link and a web server. A pod that is balanced to itself gets its packet back by
// the link that it left by, which a bridge with br_netfilter does only in hairpin mode.
const links = pods.map((pod, index) => {
  const netns = new Netns(pod);
  const veth = new VethPair(`veth-${pod}`, {
    netns: node,
    master: cni0,
    hairpin: true,
    peer: { name: "eth0", netns, addresses: [`${network}.${index + 2}/24`] },
  });
  lab.push(
    new Route(`default-${pod}`, { netns, destination: "default", via: cni0, device: veth }, { deletedWith: veth }),
    new Process(`server-${pod}`, {
      netns,
      command: serve(pod),
      ready: { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 },
    }),
  );
  return { pod, netns, veth };
});

// The service: of three connections, the first rule takes one, the second one of the two others, and the third the last.
// Packets of pods pass PREROUTING, and those of the node pass OUTPUT.
for (const chain of ["PREROUTING", "OUTPUT"]) {
  pods.reduce<pulumi.Resource[]>((before, pod, index) => {
    const left = pods.length - index;
    const rule = new IptablesRule(
      `${chain.toLowerCase()}-${pod}`,
      {
        netns: node,
        table: "nat",
        chain,
        protocol: "tcp",
        destination: service,
        destinationPorts: 80,
        statistic: left > 1 ? { every: left } : undefined,
        target: "DNAT",
        toDestination: `${network}.${index + 2}:8080`,
      },
      // The order in a chain matters.
      { dependsOn: before },
    );
    lab.push(rule);
    return [rule];
  }, []);
}

// A pod would answer another pod directly, from an unexpected address. So the answers go back through the node.
lab.push(
  new IptablesRule("masquerade", {
    netns: node,
    table: "nat",
    chain: "POSTROUTING",
    source: `${network}.0/24`,
    destination: `${network}.0/24`,
    target: "MASQUERADE",
  }),
);

/** Asserts that six requests are answered, by each pod at least once, and counts the answers. It runs again when a link is new. */
function balanced(from: string, netns: Netns) {
  const must = pods.map((pod): [string, number] => [pod, 2]);
  const probe = new Probe(
    `service-from-${from}`,
    {
      netns,
      http: { url: `http://${service}`, expectBody: pods },
      count: 2 * pods.length,
      triggers: links.map(({ veth }) => veth.ifindex),
    },
    { dependsOn: [...lab, ...links.map(({ veth }) => veth)] },
  );
  return probe.results.apply(({ bodies }) => ({
    probe: `${from}: ${2 * pods.length} x GET http://${service}`,
    must: summary(must),
    saw: summary(Object.entries(bodies)),
  }));
}

/** "bar 2, baz 2, foo 2" */
function summary(bodies: [string, number][]): string {
  return bodies
    .map(([body, count]) => `${body} ${count}`)
    .sort()
    .join(", ");
}

/** The probes and their results: from the node, and from the first pod, which is also balanced to itself. */
export const seen = pulumi.all([
  balanced("node", node),
  ...links.slice(0, 1).map(({ pod, netns }) => balanced(pod, netns)),
]);
