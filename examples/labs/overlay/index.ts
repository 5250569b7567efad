import { Bridge, BridgeFdb, Neighbour, Netns, Probe, VethPair, Vxlan } from "pulumi-localnet";

const h1 = new Netns("h1");
const h2 = new Netns("h2");
const underlay = new VethPair("underlay", {
  netns: h1,
  addresses: ["10.70.0.1/24"],
  peer: { name: "underlay", netns: h2, addresses: ["10.70.0.2/24"] },
});
/** The largest packet that fits into one of the underlay with the headers of VXLAN. */
const mtu = 1450;

function addMachine(name: string, netns: Netns, local: string) {
  const bridge = new Bridge(`${name}-br0`, { name: "br0", netns, mtu });
  const vxlan = new Vxlan(
    `${name}-vxlan42`,
    { name: "vxlan42", netns, master: bridge, vni: 42, local, learning: false, mtu },
    { dependsOn: underlay },
  );
  return { netns, bridge, vxlan };
}
const first = addMachine("h1", h1, "10.70.0.1");
const second = addMachine("h2", h2, "10.70.0.2");

function addContainer(number: number, { netns, bridge }: ReturnType<typeof addMachine>) {
  const container = new Netns(`c${number}`);
  const mac = `02:00:00:00:70:1${number}`;
  const address = `192.168.70.1${number}`;
  const cable = new VethPair(`to-c${number}`, {
    ...{ netns, master: bridge, mtu },
    peer: { name: "eth0", netns: container, addresses: [`${address}/24`], mac, mtu },
  });
  return { netns: container, cable, mac, address };
}
const c1 = addContainer(1, first);
const c2 = addContainer(2, second);
const c3 = addContainer(3, second);

type Container = typeof c1;
/** The entries that a platform adds: for a container, the MAC address of another one, and for its machine, that one's machine. */
const announce = (name: string, to: Container, { netns, vxlan }: typeof first, of: Container, destination: string) => [
  new Neighbour(`${name}-neighbour`, { netns: to.netns, device: to.cable, address: of.address, mac: of.mac }),
  new BridgeFdb(`${name}-fdb`, { netns, device: vxlan, mac: of.mac, destination }),
];
const tables = [
  ...announce("c2", c1, first, c2, "10.70.0.2"),
  ...announce("c1", c2, second, c1, "10.70.0.1"),
  new BridgeFdb("c1-for-c3", { netns: h2, device: second.vxlan, mac: "00:00:00:00:00:00", destination: "10.70.0.1" }),
];
const all = { dependsOn: [...tables, c3.cable] };

const known = new Probe("c1-to-c2", { netns: c1.netns, ping: { address: c2.cable } }, all);
const local = new Probe("c2-to-c3", { netns: c2.netns, ping: { address: c3.cable } }, all);
const unknown = new Probe(
  "c1-to-c3",
  { netns: c1.netns, ping: { address: c3.cable }, expect: "failure", attempts: 1, timeoutSeconds: 1 },
  all,
);

export const seen = [known.results.ok, local.results.ok, unknown.results.failures];
