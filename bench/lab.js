// The lab of examples/ipvs-lab, with nc as the servers and with one probe.

const pods = [
  ["foo", "172.22.0.2"],
  ["bar", "172.22.0.3"],
];

/** @param {typeof import("pulumi-localnet")} kinds */
exports.program = (kinds) => {
  const { Bridge, Dummy, IptablesRule, IpvsBackend, IpvsService, KernelModule } = kinds;
  const { Netns, Probe, Process, Route, Sysctl, VethPair } = kinds;
  const brNetfilter = new KernelModule("br_netfilter", {});
  const cni0 = new Bridge("cni0", { addresses: ["172.22.0.1/24"], promiscuous: true });
  const ipvs = new KernelModule("ip_vs_rr", {});
  const service = new IpvsService(
    "service",
    { address: "172.23.0.1", port: 8080, scheduler: "rr" },
    { dependsOn: ipvs },
  );
  const dummy = new KernelModule("dummy", { parameters: { numdummies: 0 } });
  const call = { key: "net.bridge.bridge-nf-call-iptables", value: 1 };
  const lab = [
    new Sysctl("bridge-nf-call-iptables", call, { dependsOn: brNetfilter }),
    new Sysctl("ip_forward", { key: "net.ipv4.ip_forward", value: 1 }),
    new Sysctl("ipvs-conntrack", { key: "net.ipv4.vs.conntrack", value: 1 }, { dependsOn: ipvs }),
    new Dummy("ipvs0", { addresses: ["172.23.0.1/32"] }, { dependsOn: dummy }),
    new IptablesRule("forward-in", { chain: "FORWARD", inInterface: "cni0", target: "ACCEPT" }),
    new IptablesRule("forward-out", { chain: "FORWARD", outInterface: "cni0", target: "ACCEPT" }),
    new IptablesRule("masquerade", {
      ...{ table: "nat", chain: "POSTROUTING", source: "172.22.0.0/24", target: "MASQUERADE" },
    }),
    ...pods.flatMap(([name = "", address = ""]) => {
      const pod = new Netns(name, {});
      const peer = { name: `veth_${name}_eth0`, netns: pod, addresses: [`${address}/24`] };
      const veth = new VethPair(`veth_${name}`, { master: cni0, peer });
      const dependsOn = [cni0, veth];
      const ready = { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 };
      return [
        new Route(`default-${name}`, { netns: pod, destination: "default", via: "172.22.0.1" }, { dependsOn }),
        new Process(`server-${name}`, { netns: pod, command: ["nc", "-lk", "8080"], ready }),
        new IpvsBackend(`backend-${name}`, { service, address, port: 8080 }),
      ];
    }),
  ];
  new Probe("reached", { tcp: { address: "172.23.0.1", port: 8080 } }, { dependsOn: lab });
};

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: () => [
    "modprobe br_netfilter",
    "sysctl -q -w net.bridge.bridge-nf-call-iptables=1",
    "sysctl -q -w net.ipv4.ip_forward=1",
    "ip link add cni0 type bridge",
    "ip addr add 172.22.0.1/24 dev cni0",
    "ip link set cni0 up promisc on",
    ...pods.flatMap(([name, address]) => [
      `ip netns add ${name}`,
      `ip -n ${name} link set lo up`,
      `ip link add veth_${name} type veth peer name veth_${name}_eth0 netns ${name}`,
      `ip link set veth_${name} master cni0 up`,
      `ip -n ${name} addr add ${address}/24 dev veth_${name}_eth0`,
      `ip -n ${name} link set veth_${name}_eth0 up`,
      `ip -n ${name} route add default via 172.22.0.1`,
      `setsid -f ip netns exec ${name} nc -lk 8080 </dev/null >/dev/null 2>&1`,
      `until ip netns exec ${name} nc -z 127.0.0.1 8080; do sleep 0.1; done`,
    ]),
    "iptables -w -A FORWARD -i cni0 -j ACCEPT",
    "iptables -w -A FORWARD -o cni0 -j ACCEPT",
    "modprobe ip_vs_rr",
    "ipvsadm -A -t 172.23.0.1:8080 -s rr",
    ...pods.map(([, address]) => `ipvsadm -a -t 172.23.0.1:8080 -r ${address}:8080 -m`),
    "modprobe dummy numdummies=0",
    "ip link add ipvs0 type dummy",
    "ip addr add 172.23.0.1/32 dev ipvs0",
    "ip link set ipvs0 up",
    "iptables -w -t nat -A POSTROUTING -s 172.22.0.0/24 -j MASQUERADE",
    "sysctl -q -w net.ipv4.vs.conntrack=1",
    "until nc -z -w 5 172.23.0.1 8080; do sleep 0.1; done",
  ],
  destroy: () => [
    "iptables -w -t nat -D POSTROUTING -s 172.22.0.0/24 -j MASQUERADE",
    "ip link del ipvs0",
    "ipvsadm -D -t 172.23.0.1:8080",
    "iptables -w -D FORWARD -o cni0 -j ACCEPT",
    "iptables -w -D FORWARD -i cni0 -j ACCEPT",
    ...pods.flatMap(([name]) => [`kill $(ip netns pids ${name})`, `ip link del veth_${name}`, `ip netns del ${name}`]),
    "ip link del cni0",
    "sysctl -q -w net.ipv4.ip_forward=0",
    "modprobe -r br_netfilter dummy ip_vs_rr",
  ],
};
