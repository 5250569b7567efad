import { iptablesRule as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyInput } from "../support/inputs";
import { ruleCase } from "../support/iptables";
import { mangleForward, manglePrerouting, rawOutput } from "../support/rule-steps";

contract("in filter, with every match that needs no module of its own", (world) => {
  const first = { inputs: { chain: "FORWARD", target: "ACCEPT" }, printed: "# -j ACCEPT" };
  const { spec } = ruleCase(world, first, [
    ["inInterface", { inInterface: "cni0" }, "-i cni0 # -j ACCEPT"],
    ["outInterface", { inInterface: undefined, outInterface: "! veth+" }, "! -o veth+ # -j ACCEPT"],
    ["source", { outInterface: undefined, source: "10.9.0.9/24" }, "-s 10.9.0.0/24 # -j ACCEPT"],
    ["destination", { source: "! 10.0.0.1", destination: "0.0.0.0/0" }, "! -s 10.0.0.1/32 # -j ACCEPT"],
    ["protocol", { source: undefined, destination: "10.0.0.2", protocol: "tcp" }, "-d 10.0.0.2/32 -p tcp # -j ACCEPT"],
    ["destinationPorts", { destinationPorts: 80 }, "-d 10.0.0.2/32 -p tcp -m tcp --dport 80 # -j ACCEPT"],
    [
      "several ports",
      { destination: undefined, destinationPorts: "443,8000:8080" },
      "-p tcp -m multiport --dports 443,8000:8080 # -j ACCEPT",
    ],
    [
      "sourcePorts",
      { destinationPorts: undefined, sourcePorts: "! 1024:2048" },
      "-p tcp -m tcp ! --sport 1024:2048 # -j ACCEPT",
    ],
    [
      "rejectWith",
      { sourcePorts: undefined, target: "REJECT", rejectWith: "tcp-reset" },
      "-p tcp # -j REJECT --reject-with tcp-reset",
    ],
    [
      "ctstate",
      { protocol: undefined, target: "DROP", rejectWith: undefined, ctstate: ["ESTABLISHED", "NEW"] },
      "-m conntrack --ctstate NEW,ESTABLISHED # -j DROP",
    ],
    ["mark", { ctstate: undefined, mark: 16 }, "-m mark --mark 0x10 # -j DROP"],
    [
      "addressType",
      { mark: undefined, addressType: { source: "LOCAL", destination: "! UNICAST" } },
      "-m addrtype --src-type LOCAL ! --dst-type UNICAST # -j DROP",
    ],
    [
      "statistic, at random",
      { addressType: undefined, statistic: { probability: 0.5 } },
      "-m statistic --mode random --probability 0.50000000000 # -j DROP",
    ],
    [
      "statistic, every third",
      { statistic: { every: 3, packet: 1 } },
      "-m statistic --mode nth --every 3 --packet 1 # -j DROP",
    ],
    [
      "limit",
      { statistic: undefined, limit: { rate: "60/minute", burst: 7 } },
      "-m limit --limit 1/sec --limit-burst 7 # -j DROP",
    ],
    ["logPrefix", { limit: undefined, target: "LOG", logPrefix: 'say "hi" ' }, '# -j LOG --log-prefix "say \\"hi\\" "'],
    [
      "comment",
      { target: "ACCEPT", logPrefix: undefined, comment: `it's a "test" \\ of -j ! words` },
      `#it\\'s a \\"test\\" \\\\ of -j ! words -j ACCEPT`,
    ],
    ["priority", { priority: 0 }, `#it\\'s a \\"test\\" \\\\ of -j ! words -j ACCEPT`],
    ["comment taken away", { comment: undefined }, "# -j ACCEPT"],
  ]);
  return {
    ...spec,
    faults: {
      update: {
        what: "much at once",
        change: { protocol: "tcp", destinationPorts: "443,8000:8080", source: "10.9.0.9/24", target: "DROP" },
        shows: { rules: ["-A FORWARD -s 10.9.0.0/24 -p tcp -m multiport --dports 443,8000:8080 # -j DROP"] },
      },
      tool: "iptables",
      obstacle: {
        none: "nf_tables takes no lock; the layer kernel-legacy tests the wait for that of the legacy backend",
      },
      impossible: { "no kernel module": "`iptables` says so like any failure; a match without module has a test" },
    },
    replaces: { chain: "INPUT", table: "mangle", family: "ipv6", position: "insert", netns: "other" },
  };
});

contract("in nat, at the head", (world) => {
  const first = {
    inputs: { chain: "POSTROUTING", table: "nat", position: "insert", source: "172.22.0.0/24", target: "MASQUERADE" },
    printed: "-s 172.22.0.0/24 # -j MASQUERADE",
  };
  const made = ruleCase(world, first, [
    [
      "toPorts",
      { protocol: "tcp", toPorts: "8080-8090" },
      "-s 172.22.0.0/24 -p tcp # -j MASQUERADE --to-ports 8080-8090",
    ],
    [
      "toSource",
      { protocol: undefined, toPorts: undefined, target: "SNAT", toSource: "10.0.0.1" },
      "-s 172.22.0.0/24 # -j SNAT --to-source 10.0.0.1",
    ],
    [
      "drawn ports",
      { random: true, persistent: true },
      "-s 172.22.0.0/24 # -j SNAT --to-source 10.0.0.1 --random --persistent",
    ],
    [
      "drawn fully",
      { random: undefined, persistent: undefined, randomFully: true },
      "-s 172.22.0.0/24 # -j SNAT --to-source 10.0.0.1 --random-fully",
    ],
    ["as at first", { randomFully: undefined }, "-s 172.22.0.0/24 # -j SNAT --to-source 10.0.0.1"],
    ["another toSource", { toSource: "10.0.0.1-10.0.0.9" }, "-s 172.22.0.0/24 # -j SNAT --to-source 10.0.0.1-10.0.0.9"],
  ]);
  const hand = () => made.iptables("-A", "POSTROUTING", "-j", "RETURN");
  return {
    ...made.spec,
    prepare: hand,
    actual: async () => ((await made.lines()).at(0)?.includes(made.mark) ? made.spec.actual() : undefined),
    drifts: [],
    ignores: [],
  };
});

contract("that changes destinations", (world) => {
  const first = {
    inputs: {
      chain: "PREROUTING",
      table: "nat",
      protocol: "tcp",
      destinationPorts: 80,
      target: "DNAT",
      toDestination: "10.0.0.2:8080",
    },
    printed: "-p tcp -m tcp --dport 80 # -j DNAT --to-destination 10.0.0.2:8080",
  };
  return ruleCase(world, first, [
    [
      "toDestination",
      { toDestination: "10.0.0.3:8080" },
      "-p tcp -m tcp --dport 80 # -j DNAT --to-destination 10.0.0.3:8080",
    ],
    [
      "to this host",
      { target: "REDIRECT", toDestination: undefined, toPorts: 8080 },
      "-p tcp -m tcp --dport 80 # -j REDIRECT --to-ports 8080",
    ],
  ]).spec;
});

contract("that marks packets, in a user-defined chain", (world) => {
  const chain = "ONES-OWN";
  const first = {
    inputs: { chain, table: "mangle", target: "MARK", setMark: 7 },
    printed: "# -j MARK --set-xmark 0x7/0xffffffff",
  };
  const made = ruleCase(world, first, [
    ["setMark", { setMark: "0x10/0xff" }, "# -j MARK --set-xmark 0x10/0xff"],
    ["setXmark", { setMark: undefined, setXmark: "0x4000/0x0" }, "# -j MARK --set-xmark 0x4000/0x0"],
  ]);
  return { ...made.spec, prepare: () => made.iptables("-N", chain) };
});

for (const [table, chain, steps] of [
  ["mangle", "PREROUTING", manglePrerouting],
  ["raw", "OUTPUT", rawOutput],
  ["mangle", "FORWARD", mangleForward],
] as const) {
  contract(`in ${chain} of ${table}`, (world) => {
    const first = { inputs: { chain, table, target: "RETURN" }, printed: "# -j RETURN" };
    const { spec } = ruleCase(world, first, steps);
    return { ...spec, local: true, drifts: [] };
  });
}

contract("of IPv6", (world) => {
  const first = {
    inputs: { chain: "FORWARD", family: "ipv6", source: "2001:DB8::/32", protocol: "icmpv6", target: "ACCEPT" },
    printed: "-s 2001:db8::/32 -p ipv6-icmp # -j ACCEPT",
  };
  return ruleCase(world, first, [
    [
      "destination",
      { destination: "! 2001:db8:1::1" },
      "-s 2001:db8::/32 ! -d 2001:db8:1::1/128 -p ipv6-icmp # -j ACCEPT",
    ],
    [
      "rejectWith",
      { target: "REJECT", rejectWith: "icmp6-adm-prohibited" },
      "-s 2001:db8::/32 ! -d 2001:db8:1::1/128 -p ipv6-icmp # -j REJECT --reject-with icmp6-adm-prohibited",
    ],
    [
      "hop limit",
      { destination: undefined, target: "DROP", rejectWith: undefined, ttl: { lt: 6 } },
      "-s 2001:db8::/32 -p ipv6-icmp -m hl --hl-lt 6 # -j DROP",
    ],
    ["another bound of it", { ttl: { eq: 5 } }, "-s 2001:db8::/32 -p ipv6-icmp -m hl --hl-eq 5 # -j DROP"],
  ]).spec;
});

contract("that matches ports of a bridge", (world) => {
  const first = {
    inputs: { chain: "FORWARD", physdevIn: "veth0", target: "ACCEPT" },
    printed: "-m physdev --physdev-in veth0 # -j ACCEPT",
  };
  return ruleCase(world, first, [
    [
      "physdevOut",
      { physdevIn: "veth1", physdevOut: "! veth+" },
      "-m physdev --physdev-in veth1 -m physdev ! --physdev-out veth+ # -j ACCEPT",
    ],
    [
      "physdevIsIn",
      { physdevIn: undefined, physdevOut: undefined, physdevIsIn: false },
      "-m physdev ! --physdev-is-in # -j ACCEPT",
    ],
  ]).spec;
});

contract("that matches a set", (world) => {
  const netns = world.name("a");
  const first = {
    inputs: { chain: "FORWARD", matchSet: { name: "pods", flags: ["src"] }, target: "ACCEPT" },
    printed: "-m set --match-set pods src # -j ACCEPT",
  };
  const { spec } = ruleCase(world, first, [
    ["flags", { matchSet: { name: "pods", flags: ["src", "dst"] } }, "-m set --match-set pods src,dst # -j ACCEPT"],
    [
      "addSet",
      { matchSet: undefined, target: "SET", addSet: { name: "pods", flags: ["src", "src"] } },
      "# -j SET --add-set pods src,src",
    ],
    [
      "delSet",
      { addSet: undefined, delSet: { name: "pods", flags: ["dst", "dst"] } },
      "# -j SET --del-set pods dst,dst",
    ],
  ]);
  return { ...spec, needs: "ipset", prepare: () => world.runIn(netns, "ipset", "create", "pods", "hash:ip,port") };
});

everyInput(kind);
