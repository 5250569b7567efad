import { iptablesRule as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { drifting, type Parts } from "../support/drifting";
import { everyDrift } from "../support/inputs";

contract("drift of every match, as iptables writes it", (world) =>
  drifting(
    world,
    { chain: "FORWARD" },
    {
      inInterface: ["cni0", "-i cni0", "-i cni1"],
      outInterface: ["! veth+", "! -o veth+", "-o veth+"],
      source: ["10.9.0.9/24", "-s 10.9.0.0/24", "-s 10.9.0.0/25"],
      destination: ["10.0.0.2", "-d 10.0.0.2", ""],
      protocol: ["tcp", "-p tcp", "-p udp"],
      sourcePorts: ["1024:2048", "--sport 1024:2048", "--sport 1024"],
      destinationPorts: ["443,80", "-m multiport --dports 443,80", "-m multiport --dports 443"],
      ctstate: [["RELATED", "NEW"], "-m conntrack --ctstate RELATED,NEW", "-m conntrack --ctstate NEW"],
      mark: [16, "-m mark --mark 16", "-m mark --mark 17"],
      addressType: [{ source: "LOCAL" }, "-m addrtype --src-type LOCAL", "-m addrtype --dst-type LOCAL"],
      statistic: [
        { every: 3, packet: 1 },
        "-m statistic --mode nth --every 3 --packet 1",
        "-m statistic --mode nth --every 3 --packet 2",
      ],
      physdevIn: ["veth0", "-m physdev --physdev-in veth0", "-m physdev --physdev-in veth9"],
      physdevIsIn: [true, "-m physdev --physdev-is-in", ""],
      physdevOut: ["veth1", "-m physdev --physdev-out veth1", ""],
      limit: [
        { rate: "60/minute" },
        "-m limit --limit 60/minute --limit-burst 5",
        "-m limit --limit 60/minute --limit-burst 9",
      ],
      comment: ["what it is for", "", ""],
      logPrefix: ["seen", "-j LOG --log-prefix seen", "-j LOG --log-prefix other"],
    },
    "LOG",
  ),
);

const packet: Parts = {
  tcpFlags: ["syn", "-p tcp --syn", "-p tcp --tcp-flags SYN SYN"],
  macSource: ["02:00:00:00:00:01", "-m mac --mac-source 02:00:00:00:00:01", "-m mac ! --mac-source 02:00:00:00:00:01"],
  length: [100, "-m length --length 100", "-m length --length 100:200"],
  ttl: [{ eq: 5 }, "-m ttl --ttl-eq 5", "-m ttl --ttl-gt 5"],
  ipRange: [
    { source: "10.0.0.1-10.0.0.9" },
    "-m iprange --src-range 10.0.0.1-10.0.0.9",
    "-m iprange --dst-range 10.0.0.1-10.0.0.9",
  ],
};
const state: Parts = {
  socket: [{ transparent: true }, "-p udp -m socket --transparent", "-p udp -m socket"],
  rpfilter: [{ loose: true }, "-m rpfilter --loose", ""],
  ipsecPolicy: [{ dir: "in", pol: "ipsec" }, "-m policy --dir in --pol ipsec", "-m policy --dir in --pol none"],
  hashlimit: [
    { name: "h", upto: "5/second" },
    "-m hashlimit --hashlimit-upto 5/second --hashlimit-name h",
    "-m hashlimit --hashlimit-upto 6/second --hashlimit-name h",
  ],
  recent: [{ name: "r", action: "set" }, "-m recent --set --name r", "-m recent --rcheck --name r"],
  onPort: [80, "-j TPROXY --on-port 80 --on-ip 127.0.0.1 --tproxy-mark 1", "-j TPROXY --on-port 81 --on-ip 127.0.0.1"],
};

const prerouting = { chain: "PREROUTING", table: "mangle" };
contract("drift of matches on the packet", (world) =>
  drifting(world, { ...prerouting, protocol: "tcp" }, packet, "ACCEPT"),
);
contract("drift of matches on the host's own data", (world) =>
  drifting(world, { ...prerouting, protocol: "udp", onIp: "127.0.0.1", tproxyMark: 1 }, state, "TPROXY"),
);
contract("drift of the sender", (world) =>
  drifting(
    world,
    { chain: "OUTPUT", table: "raw" },
    {
      uidOwner: [5, "-m owner --uid-owner 5", "-m owner --uid-owner 6"],
      gidOwner: [7, "-m owner --gid-owner 7", "-m owner ! --gid-owner 7"],
      notrack: [true, "-j CT --notrack", "-j CT --zone 1"],
    },
    "CT",
  ),
);

const tproxy = (ip: string, mark: number) => `-p tcp -j TPROXY --on-port 80 --on-ip ${ip} --tproxy-mark ${mark}`;
const snat = "-j SNAT --to-source 10.0.0.1";
const nat = { chain: "POSTROUTING", table: "nat", toSource: "10.0.0.1" };
const mangle = { chain: "FORWARD", table: "mangle" };
const mss = { ...mangle, protocol: "tcp", tcpFlags: "syn" };

for (const [fixed, input, part, target] of [
  [
    { chain: "FORWARD", protocol: "tcp" },
    "rejectWith",
    ["tcp-reset", "-p tcp -j REJECT --reject-with tcp-reset", "-p tcp -j REJECT"],
    "REJECT",
  ],
  [
    { chain: "POSTROUTING", table: "nat" },
    "toSource",
    ["10.0.0.1", "-j SNAT --to-source 10.0.0.1", "-j SNAT --to-source 10.0.0.2"],
    "SNAT",
  ],
  [
    { chain: "PREROUTING", table: "nat" },
    "toDestination",
    ["10.0.0.1", "-j DNAT --to-destination 10.0.0.1", "-j DNAT --to-destination 10.0.0.2"],
    "DNAT",
  ],
  [
    { chain: "PREROUTING", table: "nat", protocol: "tcp" },
    "toPorts",
    ["8080", "-p tcp -j REDIRECT --to-ports 8080", "-p tcp -j REDIRECT"],
    "REDIRECT",
  ],
  [
    { ...prerouting, protocol: "tcp", onPort: 80, tproxyMark: 1 },
    "onIp",
    ["127.0.0.1", tproxy("127.0.0.1", 1), tproxy("127.0.0.2", 1)],
    "TPROXY",
  ],
  [
    { ...prerouting, protocol: "tcp", onPort: 80, onIp: "127.0.0.1" },
    "tproxyMark",
    [1, tproxy("127.0.0.1", 1), tproxy("127.0.0.1", 2)],
    "TPROXY",
  ],
  [nat, "random", [true, `${snat} --random`, snat], "SNAT"],
  [nat, "randomFully", [true, `${snat} --random-fully`, snat], "SNAT"],
  [nat, "persistent", [true, `${snat} --persistent`, snat], "SNAT"],
  [{ chain: "OUTPUT", table: "raw" }, "zone", [5, "-j CT --zone 5", "-j CT --zone 6"], "CT"],
  [
    mss,
    "clampMssToPmtu",
    [true, "-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu", "-p tcp --syn -j TCPMSS --set-mss 9"],
    "TCPMSS",
  ],
  [mss, "setMss", [1400, "-p tcp --syn -j TCPMSS --set-mss 1400", "-p tcp --syn -j TCPMSS --set-mss 9"], "TCPMSS"],
  [
    { ...mangle, queueBypass: true },
    "queueNum",
    [5, "-j NFQUEUE --queue-num 5 --queue-bypass", "-j NFQUEUE --queue-num 6 --queue-bypass"],
    "NFQUEUE",
  ],
  [
    { ...mangle, queueNum: 5 },
    "queueBypass",
    [true, "-j NFQUEUE --queue-num 5 --queue-bypass", "-j NFQUEUE --queue-num 5"],
    "NFQUEUE",
  ],
  [mangle, "gateway", ["10.0.0.9", "-j TEE --gateway 10.0.0.9", "-j TEE --gateway 10.0.0.8"], "TEE"],
  [mangle, "saveMark", [true, "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark"], "CONNMARK"],
  [
    { ...mangle, nfmask: "0xff" },
    "restoreMark",
    [true, "-j CONNMARK --restore-mark --mask 0xff", "-j CONNMARK --save-mark --mask 0xff"],
    "CONNMARK",
  ],
  [
    { ...mangle, restoreMark: true },
    "nfmask",
    ["0xff", "-j CONNMARK --restore-mark --mask 0xff", "-j CONNMARK --restore-mark --mask 0xfe"],
    "CONNMARK",
  ],
  [
    { chain: "FORWARD", protocol: "icmp" },
    "icmpType",
    ["3/4", "-p icmp -m icmp --icmp-type 3/4", "-p icmp -m icmp --icmp-type 3"],
    "ACCEPT",
  ],
  [mangle, "setXmark", ["0x10/0x0", "-j MARK --set-xmark 0x10/0x0", "-j MARK --set-xmark 0x11/0x0"], "MARK"],
  [{ chain: "FORWARD", table: "mangle" }, "setMark", [16, "-j MARK --set-mark 16", "-j MARK --set-mark 17"], "MARK"],
] as const) {
  contract(`drift of ${input}`, (world) => drifting(world, fixed, { [input]: part }, target));
}

const onSet = { name: "pods", flags: ["src", "dst"] };
for (const [input, target, words] of [
  ["matchSet", "ACCEPT", "-m set --match-set"],
  ["addSet", "SET", "-j SET --add-set"],
  ["delSet", "SET", "-j SET --del-set"],
] as const) {
  contract(`drift of ${input}`, (world) => {
    const parts: Parts = { [input]: [onSet, `${words} pods src,dst`, `${words} pods src,src`] };
    const spec = drifting(world, { chain: "FORWARD" }, parts, target);
    const create = () => world.runIn(spec.inputs.netns, "ipset", "create", "pods", "hash:ip,port");
    return { ...spec, needs: "ipset", prepare: create };
  });
}

everyDrift(kind, { priority: "the order of several rules, as the tests of order move it by hand" });
