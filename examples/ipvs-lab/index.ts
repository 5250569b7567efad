// kube-proxy's IPVS mode on one Linux host, step by step: `pulumi config set stage 3 && pulumi up`.

import * as pulumi from "@pulumi/pulumi";
import {
  Bridge,
  Dummy,
  IptablesRule,
  IpvsBackend,
  IpvsService,
  KernelModule,
  Netns,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { probeAll } from "./probes";

const config = new pulumi.Config();
/** The last stage, 1 to 8. */
const stage = config.getNumber("stage") ?? 8;
/** Parts to leave out, to see their purpose: forward, route-foo, dummy, promiscuous, masquerade, conntrack. */
const without = config.getObject<string[]>("without") ?? [];
const hairpin = (part: string) => stage >= 8 && !without.includes(part);

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

// Docker sets this on its hosts: bridged packets pass through iptables, and the host forwards.
const brNetfilter = new KernelModule("br_netfilter");
lab.push(
  new Sysctl(
    "bridge-nf-call-iptables",
    { key: "net.bridge.bridge-nf-call-iptables", value: 1 },
    { dependsOn: brNetfilter },
  ),
  new Sysctl("ip_forward", { key: "net.ipv4.ip_forward", value: 1 }),
);

// Stage 1: a bridge, and pod foo behind it. In the last stage the bridge is promiscuous.
const foo = new Netns("foo");
const cni0 = new Bridge("cni0", { addresses: ["172.22.0.1/24"], promiscuous: hairpin("promiscuous") });
const vethFoo = new VethPair("veth_foo", {
  master: cni0,
  peer: { name: "veth_foo_eth0", netns: foo, addresses: ["172.22.0.2/24"] },
});
lab.push(cni0, vethFoo);
lab.push(
  new Process("server-foo", {
    netns: foo,
    command: serve("foo"),
    ready: { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 },
  }),
);

// Stage 2: pod bar, and rules that let the pods reach each other.
let bar!: Netns;
let vethBar!: VethPair;
if (stage >= 2) {
  bar = new Netns("bar");
  vethBar = new VethPair("veth_bar", {
    master: cni0,
    peer: { name: "veth_bar_eth0", netns: bar, addresses: ["172.22.0.3/24"] },
  });
  lab.push(vethBar);
  lab.push(
    new Process("server-bar", {
      netns: bar,
      command: serve("bar"),
      ready: { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 },
    }),
  );

  if (!without.includes("forward")) {
    lab.push(new IptablesRule("forward-in", { chain: "FORWARD", inInterface: "cni0", target: "ACCEPT" }));
    lab.push(new IptablesRule("forward-out", { chain: "FORWARD", outInterface: "cni0", target: "ACCEPT" }));
  }
}

// Stage 3: a service with a virtual address, and foo behind it. Its answers to clients outside of the bridge need a route.
let ipvs!: KernelModule;
let service!: IpvsService;
if (stage >= 3) {
  ipvs = new KernelModule("ip_vs_rr");
  service = new IpvsService("service", { address: "172.23.0.1", port: 8080, scheduler: "rr" }, { dependsOn: ipvs });
  lab.push(new IpvsBackend("backend-foo", { service, address: "172.22.0.2", port: 8080 }));

  if (!without.includes("route-foo")) {
    lab.push(new Route("default-foo", { netns: foo, destination: "default", via: cni0, device: vethFoo }));
  }
}

// Stage 4: bar behind the service too. Stage 5 removes it, and the last stage adds it again.
if (stage >= 4) {
  lab.push(new Route("default-bar", { netns: bar, destination: "default", via: cni0, device: vethBar }));
  if (stage === 4 || stage >= 8)
    lab.push(new IpvsBackend("backend-bar", { service, address: "172.22.0.3", port: 8080 }));
}

// Stage 6: the host has the virtual address, so that the pods' packets to it reach IPVS. The module must not make a dummy0.
if (stage >= 6) {
  const dummy = new KernelModule("dummy", { parameters: { numdummies: 0 } });
  if (!without.includes("dummy")) lab.push(new Dummy("ipvs0", { addresses: ["172.23.0.1/32"] }, { dependsOn: dummy }));
}

// Stage 7 probes again: foo, balanced to itself, gets no answer. Stage 8 is the fix, with `promiscuous` of cni0 above.
if (hairpin("masquerade")) {
  lab.push(
    new IptablesRule("masquerade", {
      table: "nat",
      chain: "POSTROUTING",
      source: "172.22.0.0/24",
      target: "MASQUERADE",
    }),
  );
}
if (hairpin("conntrack")) {
  lab.push(new Sysctl("ipvs-conntrack", { key: "net.ipv4.vs.conntrack", value: 1 }, { dependsOn: ipvs }));
}

const probed = probeAll({ stage, without, lab, foo, bar });

/** The probes and their results. After an `up` that removed something, they run in the next one. */
export const seen = probed.then(({ rows }) => rows);
export const settled = probed.then((result) => result.settled);
/** The existing parts, so that the next `up` knows what it removes. */
export const parts = probed.then((result) => result.parts);
