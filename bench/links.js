// Links in one namespace: each type of link in turn.

/**
 * @typedef {typeof import("pulumi-localnet")} Kinds
 * @typedef {{ netns: import("pulumi-localnet").Netns }} Common
 * @typedef {object} Family
 * @property {(kinds: Kinds, name: string, i: number, common: Common, lowers: import("pulumi-localnet").Dummy[]) => unknown} resource
 * @property {(name: string, i: number) => string} words arguments of `ip link add`
 */

const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA=";
// A macvlan and an ipvlan cannot be on the same link.
const lowers = ["lower0", "lower1"];
const far = (/** @type {number} */ i) => `10.209.${i >> 8}.${i & 255}`;

/** @type {Family[]} */
const families = [
  { resource: ({ Bridge }, name, _, common) => new Bridge(name, common), words: (name) => `${name} type bridge` },
  { resource: ({ Dummy }, name, _, common) => new Dummy(name, common), words: (name) => `${name} type dummy` },
  { resource: ({ Ifb }, name, _, common) => new Ifb(name, common), words: (name) => `${name} type ifb` },
  {
    resource: ({ VethPair }, name, _, common) =>
      new VethPair(name, { ...common, peer: { name: `p${name}`, ...common } }),
    words: (name) => `${name} type veth peer name p${name}`,
  },
  {
    resource: ({ Vlan }, name, i, common, [link]) => new Vlan(name, { ...common, link: link ?? "", vid: i + 1 }),
    words: (name, i) => `link lower0 name ${name} type vlan id ${i + 1}`,
  },
  {
    resource: ({ Vxlan }, name, i, common) => new Vxlan(name, { ...common, vni: i + 1, remote: far(i) }),
    words: (name, i) => `${name} type vxlan id ${i + 1} dstport 4789 remote ${far(i)}`,
  },
  {
    resource: ({ Macvlan }, name, _, common, [link]) =>
      new Macvlan(name, { ...common, link: link ?? "", mode: "bridge" }),
    words: (name) => `link lower0 name ${name} type macvlan mode bridge`,
  },
  {
    resource: ({ Ipvlan }, name, _, common, [, link]) => new Ipvlan(name, { ...common, link: link ?? "", mode: "l2" }),
    words: (name) => `link lower1 name ${name} type ipvlan mode l2`,
  },
  {
    resource: ({ Bond }, name, _, common) => new Bond(name, { ...common, mode: "active-backup" }),
    words: (name) => `${name} type bond mode active-backup`,
  },
  {
    resource: ({ Vrf }, name, i, common) => new Vrf(name, { ...common, table: 1000 + i }),
    words: (name, i) => `${name} type vrf table ${1000 + i}`,
  },
  {
    resource: ({ Tunnel }, name, i, common) =>
      new Tunnel(name, { ...common, type: "gre", local: "10.208.0.1", remote: far(i) }),
    words: (name, i) => `${name} type gre local 10.208.0.1 remote ${far(i)}`,
  },
  {
    resource: ({ Wireguard }, name, _, common) => new Wireguard(name, { ...common, privateKey: key }),
    words: (name) => `${name} type wireguard`,
  },
  {
    resource: ({ XfrmInterface }, name, i, common) => new XfrmInterface(name, { ...common, ifId: i + 1 }),
    words: (name, i) => `${name} type xfrm if_id ${i + 1}`,
  },
];

const family = (/** @type {number} */ i) => /** @type {Family} */ (families[i % families.length]);

/** @param {Kinds} kinds @param {number} count */
exports.program = (kinds, count) => {
  const common = { netns: new kinds.Netns("lab", {}) };
  const lower = lowers.map((name) => new kinds.Dummy(name, common));
  for (let i = 0; i < count; i++) family(i).resource(kinds, `l${i}`, i, common, lower);
};

const begin = lowers.flatMap((name) => [`link add ${name} type dummy`, `link set ${name} up`]);
/** @param {number} count */
const links = (count) => [
  ...begin,
  ...Array.from({ length: count }, (_, i) => [`link add ${family(i).words(`l${i}`, i)}`, `link set l${i} up`]).flat(),
];
/** @param {number} count */
const keys = (count) =>
  Array.from({ length: count }, (_, i) => i)
    .filter((i) => family(i).words("", i).endsWith("type wireguard"))
    .map((i) => `echo ${key} | ip netns exec lab wg set l${i} private-key /dev/stdin`);
const netns = ["ip netns add lab", "ip -n lab link set lo up"];
// The kernel removes the links together with the namespace.
const destroy = () => ["ip netns del lab"];

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => [...netns, ...links(count).map((line) => `ip -n lab ${line}`), ...keys(count)],
  destroy,
};

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = {
  up: (count) => [...netns, `ip -n lab -batch - <<E\n${links(count).join("\n")}\nE`, ...keys(count)],
  destroy,
};

/** Does the kernel have links of each type? */
exports.probe = links(families.length).map((line) => `ip ${line}`);
