import type { Step } from "./iptables";

/** An update that takes inputs away. */
const without = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, undefined]));

const packet = ["tcpFlags", "length", "ttl", "ipRange", "macSource"];
const state = ["socket", "rpfilter", "ipsecPolicy", "hashlimit", "recent"];

/** Updates of a rule in PREROUTING of mangle, which begins with RETURN for all packets. */
export const manglePrerouting: readonly Step[] = [
  [
    "what is in the packet",
    {
      ...{ protocol: "tcp", tcpFlags: "! syn", length: "40:1500", ttl: { gt: 5 } },
      ...{ ipRange: { source: "! 10.0.0.1-10.0.0.9" }, macSource: "02:00:00:00:00:0A" },
    },
    "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m mac --mac-source 02:00:00:00:00:0a -m length --length 40:1500 " +
      "-m ttl --ttl-gt 5 -m iprange ! --src-range 10.0.0.1-10.0.0.9 # -j RETURN",
  ],
  [
    "what this host knows of it",
    {
      ...{ ...without(...packet), socket: { transparent: true }, rpfilter: { invert: true } },
      ...{ ipsecPolicy: { dir: "in", pol: "none" }, hashlimit: { name: "h", above: "60/minute", mode: ["srcip"] } },
      recent: { name: "r", action: "update", seconds: 60, reap: true, hitcount: 4 },
    },
    "-p tcp -m socket --transparent -m rpfilter --invert -m policy --dir in --pol none -m hashlimit " +
      "--hashlimit-above 1/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name h " +
      "--hashlimit-htable-expire 60000 -m recent --update --seconds 60 --reap --hitcount 4 --name r " +
      "--mask 255.255.255.255 --rsource # -j RETURN",
  ],
  [
    "TPROXY",
    { ...without(...state), target: "TPROXY", onPort: 80, onIp: "127.0.0.1", tproxyMark: 1 },
    "-p tcp # -j TPROXY --on-port 80 --on-ip 127.0.0.1 --tproxy-mark 0x1/0xffffffff",
  ],
  [
    "CONNMARK, to the packet",
    { ...without("onPort", "onIp", "tproxyMark"), target: "CONNMARK", restoreMark: true, nfmask: "0xff" },
    "-p tcp # -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
  ],
  [
    "CONNMARK, from the packet",
    { ...without("restoreMark", "nfmask"), saveMark: true },
    "-p tcp # -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
  ],
  ["CONNMARK", { saveMark: undefined, setMark: 5 }, "-p tcp # -j CONNMARK --set-xmark 0x5/0xffffffff"],
  ["TEE", { setMark: undefined, target: "TEE", gateway: "10.0.0.9" }, "-p tcp # -j TEE --gateway 10.0.0.9"],
  [
    "no target",
    { ...without("gateway", "target"), protocol: "icmp", icmpType: "echo-request" },
    "-p icmp -m icmp --icmp-type 8 #",
  ],
];

/** Updates of a rule in OUTPUT of raw, which begins with RETURN for all packets. */
export const rawOutput: readonly Step[] = [
  [
    "whose packets",
    { uidOwner: "1000-1999", gidOwner: "! 7", target: "CT", zone: 5 },
    "-m owner --uid-owner 1000-1999 -m owner ! --gid-owner 7 # -j CT --zone 5",
  ],
  ["notrack", { ...without("uidOwner", "gidOwner", "zone"), notrack: true }, "# -j CT --notrack"],
];

/** Updates of a rule in FORWARD of mangle, which begins with RETURN for all packets. */
export const mangleForward: readonly Step[] = [
  [
    "TCPMSS",
    { protocol: "tcp", tcpFlags: "SYN,RST SYN", target: "TCPMSS", clampMssToPmtu: true },
    "-p tcp -m tcp --tcp-flags SYN,RST SYN # -j TCPMSS --clamp-mss-to-pmtu",
  ],
  [
    "setMss",
    { clampMssToPmtu: undefined, setMss: 1400 },
    "-p tcp -m tcp --tcp-flags SYN,RST SYN # -j TCPMSS --set-mss 1400",
  ],
  [
    "NFQUEUE",
    { ...without("protocol", "tcpFlags", "setMss"), target: "NFQUEUE", queueNum: 5, queueBypass: true },
    "# -j NFQUEUE --queue-num 5 --queue-bypass",
  ],
  ["CHECKSUM", { ...without("queueNum", "queueBypass"), target: "CHECKSUM" }, "# -j CHECKSUM --checksum-fill"],
];
