import { Bridge, BridgeFdb, Netns, Probe, VethPair, Vrf, Vxlan } from "pulumi-localnet";

function addHypervisor(number: number) {
  const netns = new Netns(`hv${number}`);
  const vrf = new Vrf(`vrf-u${number}`, { name: "vrf-u", netns, table: 10 });
  const bridge = new Bridge(`br${number}`, { name: "br0", netns });
  return { number, netns, vrf, bridge, address: `172.16.0.${number}` };
}
const first = addHypervisor(1);
const second = addHypervisor(2);

const underlay = new VethPair("underlay", {
  ...{ name: "veth0", netns: first.netns, master: first.vrf, addresses: [`${first.address}/24`] },
  peer: { name: "veth0", netns: second.netns, master: second.vrf, addresses: [`${second.address}/24`] },
});

type Hypervisor = typeof first;
/** A VXLAN looks up the other end in the routing domain of its link. */
function join({ number, netns, bridge, address }: Hypervisor, other: Hypervisor) {
  const vxlan = new Vxlan(
    `vxlan${number}`,
    { name: "vxlan0", netns, master: bridge, vni: 10, local: address, link: "veth0" },
    { dependsOn: underlay },
  );
  const flood = { netns, device: vxlan, mac: "00:00:00:00:00:00", destination: other.address };
  return new BridgeFdb(`flood${number}`, flood);
}
const tables = [join(first, second), join(second, first)];

function addGuest({ number, netns, bridge }: Hypervisor) {
  const machine = new Netns(`vm${number}`);
  const link = new VethPair(`tap${number}`, {
    ...{ name: "tap", netns, master: bridge },
    peer: { name: "vmif", netns: machine, addresses: [`10.0.0.${number}/24`], mac: `02:1d:8d:dd:0c:6${number}` },
  });
  return { netns: machine, link };
}
const vm1 = addGuest(first);
const vm2 = addGuest(second);
const all = { dependsOn: [...tables, vm1.link, vm2.link] };

const overlay = new Probe("vm1-to-vm2", { netns: vm1.netns, ping: { address: vm2.link } }, all);
const inVrf = new Probe(
  "hv1-in-vrf",
  { netns: first.netns, exec: ["ping", "-c", "1", "-I", "vrf-u", second.address] },
  all,
);
const withoutVrf = new Probe(
  "hv1-by-itself",
  { netns: first.netns, ping: { address: second.address }, expect: "failure", attempts: 1, timeoutSeconds: 1 },
  all,
);

export const seen = [overlay.results.ok, inVrf.results.ok, withoutVrf.results.failures];
