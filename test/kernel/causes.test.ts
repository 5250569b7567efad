import { check, type Values } from "../../provider/src/core/check";
import { create } from "../../provider/src/core/lifecycle";
import { kinds } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { eventually, hostUrl, settings, World } from "./support/world";

// Errors of the kernel and its tools: each has its code, names its object, and says how to fix it.

const world = new World();
const netns = world.netns("a");
const none = "nolink0";

beforeAll(async () => {
  await world.build();
  await world.script(netns, "ip link add v0 type veth peer name v1; ip link set v0 up; ip addr add 10.0.0.1/24 dev v0");
  await world.script(netns, "ip link add vx0 type vxlan id 5 dstport 4789");
  await world.script(netns, "ip link add br0 type bridge; ip link property add dev br0 altname other0");
  await world.script(
    netns,
    "ip link add p8 type veth peer name p9; ip link set p8 master br0; ip addr add fd00:1::1/64 dev v0 nodad",
  );
  await world.script(netns, "ip link add d6 up type bridge; echo 1 > /proc/sys/net/ipv6/conf/d6/disable_ipv6");
  await world.script(netns, `(exec timeout 600 perl -e '${holdsPort}') > /dev/null 2>&1 < /dev/null & exit 0`);
  await eventually(async () => (await world.runIn(netns, "ss", "-Hlun")).includes(":4790 "), 30);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

async function refused(type: string, values: Values) {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  const common = { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
  const { inputs, failures } = check(kind, { ...common, ...values });
  expect(failures).toEqual([]);
  return failure(() => create(kind, inputs, settings));
}

const noLink = { code: "LN_MISSING", summary: `there is no link "${none}" here`, hint: /^create it first/ };
const noWay = { code: "LN_COMMAND", summary: "no link that is up leads there", hint: /^bring up the link/ };
const noSource = {
  code: "LN_MISSING",
  summary: /has the address that is its source$/,
  hint: /^give it to a link first/,
};
const nameTaken = {
  code: "LN_EXISTS",
  summary: /^there is a link of this name, or/,
  hint: /its alternative names, too/,
};
const noIpv6 = {
  code: "LN_COMMAND",
  summary: "IPv6 is disabled on the link",
  hint: /disable_ipv6 to 0, by a Sysctl before/,
};
const peer = { name: "q0", netns };
/** UDP port 4790. */
const holdsPort = "use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(4790, INADDR_ANY)); sleep";

test.each<[what: string, type: string, values: Values, { code: string; summary: string | RegExp; hint: RegExp }]>([
  ["a master that is not there", "VethPair", { name: "p0", master: none, peer }, noLink],
  [
    "a master that takes no ports",
    "VethPair",
    { name: "p0", master: "v0", peer },
    { code: "LN_COMMAND", summary: 'the link "v0" takes no ports', hint: /^name a bridge, .* ip -d link show v0 / },
  ],
  [
    "a VNI that another link has",
    "Vxlan",
    { name: "vx1", vni: 5 },
    { code: "LN_EXISTS", summary: /^another VXLAN link .* has this VNI and UDP port$/, hint: /^take another vni/ },
  ],
  [
    "a UDP port that a program has",
    "Vxlan",
    { name: "vx2", vni: 6, destinationPort: 4790 },
    { code: "LN_EXISTS", summary: /has the UDP port of this link$/, hint: /^take another port .* ss -lunp/ },
  ],
  ["a link below that is not there", "Macvlan", { name: "m0", link: none }, noLink],
  ["a route over no link", "Route", { destination: "10.9.0.0/16", device: none }, noLink],
  ["an address of no link", "Address", { address: "10.9.0.1/24", device: none }, noLink],
  ["a neighbour behind no link", "Neighbour", { address: "10.9.0.1", device: none, mac: "02:00:00:00:00:01" }, noLink],
  ["a route by nobody's neighbour", "Route", { destination: "10.9.0.0/16", via: "10.8.0.1" }, noWay],
  ["a route over a link that is down", "Route", { destination: "10.9.0.0/16", device: "v1" }, noWay],
  ["an IPv6 route by nobody's neighbour", "Route", { destination: "2001:db8::/32", via: "2001:db9::1" }, noWay],
  ["a source that is nobody's", "Route", { destination: "10.9.0.0/16", via: "10.0.0.2", source: "10.0.0.9" }, noSource],
  [
    "an IPv6 source that is nobody's",
    "Route",
    { destination: "2001:db8::/32", device: "v0", source: "2001:db9::1" },
    noSource,
  ],
  [
    "a set that is not there",
    "IptablesRule",
    { chain: "INPUT", target: "DROP", matchSet: { name: "noset", flags: ["src"] } },
    { code: "LN_MISSING", summary: 'there is no set "noset" here', hint: /pass the IpSet/ },
  ],
  [
    "a bridge as port of another",
    "Bridge",
    { name: "br1", master: "br0" },
    { code: "LN_COMMAND", summary: "a bridge takes no bridge as port", hint: /^join the two by a VethPair/ },
  ],
  ["a name that another link has beside its own", "Bridge", { name: "other0" }, nameTaken],
  ["a far end's name that another link has", "VethPair", { name: "p0", peer: { name: "br0", netns } }, nameTaken],
  [
    "a link above a port",
    "Macvlan",
    { name: "m0", link: "p8" },
    { code: "LN_COMMAND", summary: 'the link "p8" is in use otherwise', hint: /^it can be one of these alone: a port/ },
  ],
  [
    "an mtu above that of the link below",
    "Vxlan",
    { name: "vx3", vni: 7, link: "v0", mtu: 65535 },
    {
      code: "LN_COMMAND",
      summary: "the kernel refuses a value of this link",
      hint: /^the mtu of 65535 may be too great/,
    },
  ],
  ["an IPv6 address where there can be none", "Address", { device: "d6", address: "fd00:5::1/64" }, noIpv6],
  ["an IPv6 route where there can be none", "Route", { device: "d6", destination: "fd00:6::/64" }, noIpv6],
  [
    "a route by an address of its own",
    "Route",
    { destination: "fd00:9::/64", via: "fd00:1::1" },
    { code: "LN_COMMAND", summary: "the next hop is this namespace itself", hint: /other end of the link/ },
  ],
  [
    "a ruleset with a mistake",
    "NftTable",
    { name: "t", family: "inet", ruleset: "chain c { type filter hook input priority 0; nonsense\n}" },
    {
      code: "LN_COMMAND",
      summary: /^nft does not take the ruleset: syntax error, unexpected newline/,
      hint: /nft\(8\)/,
    },
  ],
  [
    "a ruleset that names no chain",
    "NftTable",
    { name: "t", family: "inet", ruleset: "chain c { type filter hook input priority 0\njump none\n}" },
    {
      code: "LN_COMMAND",
      summary: /does not take the ruleset: .*No such file or directory$/,
      hint: /has to be there \(chains/,
    },
  ],
  [
    "a setting of a link that is not there",
    "Sysctl",
    { key: "net/ipv4/conf/nolink0/forwarding", value: 1 },
    { code: "LN_MISSING", summary: /: there is no link nolink0$/, hint: /^let this depend on the link/ },
  ],
  [
    "a setting of a name that nothing has",
    "Sysctl",
    { key: "net.ipv4.tcp_congestion_control", value: "none" },
    { code: "LN_KERNEL", summary: "the kernel does not know none", hint: /^load its kernel module/ },
  ],
  [
    "a setting that only tells",
    "Sysctl",
    { key: "net.ipv4.tcp_available_congestion_control", value: "cubic" },
    { code: "LN_KERNEL", summary: /can only be read here$/, hint: /^the kernel lets nobody set it, or/ },
  ],
  [
    "a setting of the host",
    "Sysctl",
    { key: "net.core.rmem_max", value: 300000 },
    {
      code: "LN_KERNEL",
      summary: /can only be read here$|in a network namespace$/,
      hint: /^it is the host's: leave netns out$|outside a user namespace$/,
    },
  ],
  [
    "a folder of settings",
    "Sysctl",
    { key: "net.ipv4.conf", value: 1 },
    {
      code: "LN_INPUT",
      summary: "key: net/ipv4/conf is a folder of settings",
      hint: /ls \/proc\/sys\/net\/ipv4\/conf$/,
    },
  ],
  [
    "a file in a file",
    "File",
    { netns: undefined, path: "/etc/passwd/x", content: "" },
    { code: "LN_MISSING", summary: "there is no folder /etc/passwd: a part of that is a file", hint: /another path$/ },
  ],
  [
    "a command that is not there",
    "Process",
    { command: ["nocommand"] },
    {
      code: "LN_PROCESS",
      summary: /failed: No such file or directory$/,
      hint: /^install the package that holds it; a script/,
    },
  ],
  [
    "a command that is a folder",
    "Process",
    { command: ["/etc"] },
    { code: "LN_PROCESS", summary: /failed: Permission denied$/, hint: /^make the file executable/ },
  ],
  [
    "a queueing discipline in none",
    "Qdisc",
    { device: "v0", parent: "7:1", handle: "8:", kind: "fq_codel" },
    { code: "LN_MISSING", summary: /no such queueing discipline/, hint: /^create it first/ },
  ],
])("%s", async (_, type, values, { code, summary, hint }) => {
  const error = await refused(type, values);
  expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) });
  expect(error.summary).toMatch(summary);
});
