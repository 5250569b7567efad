import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { run } from "../../../scripts/lib/run.mjs";
import { quoted } from "../../../scripts/vm/vm.mjs";

/** Whether this is the kernel's first user namespace: only that has all user ids. */
const isWholeHost = "grep -q ' 4294967295$' /proc/self/uid_map";

/** Features that a kernel may lack, with the commands that test them in a throwaway namespace. */
const probes = {
  dummy: ["ip", "link", "add", "name", "probe", "type", "dummy"],
  ifb: ["ip", "link", "add", "name", "probe-ifb", "type", "ifb"],
  tap: ["ip", "tuntap", "add", "dev", "probe-tap", "mode", "tap"],
  // Not on lo, where older kernels refuse it.
  vlan: ["sh", "-c", "ip link add probe-low type veth && ip link add link probe-low name probe-vid type vlan id 1"],
  ipvlan: ["sh", "-c", "ip link add probe-below type veth && ip link add link probe-below name probe-ip type ipvlan"],
  tunnel: ["ip", "link", "add", "name", "probe-tun", "type", "gretap", "remote", "192.0.2.1"],
  fou: ["ip", "fou", "add", "port", "9", "gue"],
  wireguard: ["ip", "link", "add", "name", "probe-wg", "type", "wireguard"],
  xfrm: ["ip", "link", "add", "name", "probe-xfrm", "type", "xfrm", "if_id", "1"],
  "ipsec states": [
    ...["ip", "xfrm", "state", "add", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "257"],
    ...["aead", "rfc4106(gcm(aes))", `0x${"00".repeat(20)}`, "128"],
  ],
  vrf: ["ip", "link", "add", "name", "probe-vrf", "type", "vrf", "table", "1"],
  bond: ["ip", "link", "add", "name", "probe-bond", "type", "bond"],
  "vlan filtering": ["ip", "link", "add", "name", "probe-vlan", "type", "bridge", "vlan_filtering", "1"],
  mpls: [
    "sh",
    "-c",
    "ip link set dev lo up && sysctl -qw net.mpls.platform_labels=100 && ip -f mpls route add 99 dev lo && ip route add 192.0.2.0/24 encap mpls 100 dev lo",
  ],
  netem: ["tc", "qdisc", "replace", "dev", "lo", "root", "netem"],
  "qdisc fq": ["tc", "qdisc", "replace", "dev", "lo", "root", "fq"],
  "qdisc fq_codel": ["tc", "qdisc", "replace", "dev", "lo", "root", "fq_codel"],
  "qdisc prio": ["tc", "qdisc", "replace", "dev", "lo", "root", "prio"],
  filters: [
    "sh",
    "-c",
    "tc qdisc add dev lo clsact && tc filter add dev lo ingress prio 1 matchall action drop && tc filter add dev lo ingress prio 2 handle 1 fw flowid 1:1 && tc filter add dev lo ingress prio 3 protocol ip flower action vlan pop action skbedit mark 1",
  ],
  ipvs: ["ipvsadm", "-L", "-n"],
  modules: [
    "sh",
    "-c",
    `modprobe --show-depends dummy && ${isWholeHost} || { echo not for root of a namespace >&2; exit 1; }`,
  ],
  "both backends of iptables": ["sh", "-c", "iptables-legacy -S && iptables-nft -S"],
  ipset: ["ipset", "create", "probe", "hash:ip"],
  xdp: ["sh", "-c", `${isWholeHost} || { echo not for root of a namespace >&2; exit 1; }`],
};

/** Each of these modules adds a link to all namespaces. They are loaded before all tests, so that no test sees a link appear. */
const tunnels = ["ipip", "sit", "ip_gre", "ip6_tunnel", "ip6_gre", "ip_vti", "ip6_vti"];
/** The kernel does not load these modules by itself. */
const others = ["mpls_router", "tun", "fou", "fou6"];

/** Finds out once, before all tests, which features the kernel of the tested host lacks. */
export default async function probeFeatures() {
  const { LOCALNET_TEST_ROOTLESS: uid } = process.env;
  if (uid !== undefined) expectRootless(uid);
  const netns = `lnt${process.env.LOCALNET_TEST_MARK ?? ""}${randomBytes(2).toString("hex")}f`;
  /** @type {Record<string, string>} */
  const lacks = {};
  // Without udev, loading the module makes the device of `ip tuntap`.
  await runThere(["modprobe", "--all", "--quiet", ...tunnels, ...others]);
  await runThere(["ip", "netns", "add", netns]);
  try {
    for (const [feature, argv] of Object.entries(probes)) {
      const { code, stderr } = await runThere(["ip", "netns", "exec", netns, ...argv]);
      if (code !== 0) lacks[feature] = stderr.trim().split("\n")[0] ?? "";
    }
  } finally {
    await runThere(["ip", "netns", "del", netns]);
  }
  process.env.LOCALNET_TEST_LACKS = JSON.stringify(lacks);
}

/**
 * Fails unless root in this user namespace is an ordinary user outside of it.
 * @param {string} uid
 */
function expectRootless(uid) {
  const map = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).join(" ");
  if (uid === "0" || map !== `0 ${uid} 1`) throw new Error(`this should run as user ${uid}; uid_map is ${map}`);
}

/** @param {string[]} argv */
function runThere(argv) {
  const { LOCALNET_TEST_HOST: host, LOCALNET_SSH_CONFIG: config } = process.env;
  if (!host) return run(argv);
  return run(["ssh", ...(config ? ["-F", config] : []), host, argv.map(quoted).join(" ")], { timeoutSeconds: 60 });
}
