import type { Values } from "../../../provider/src/core/check";
import { trafficFilter as kind } from "../../../provider/src/kinds";
import type { Case, Update } from "../support/case";
import { contract } from "../support/contract";
import { actionText, readFilter } from "../support/filters";
import { plumb } from "../support/qdiscs";

interface Classifier {
  readonly name: "matchall" | "flower" | "fw";
  readonly protocol: string;
  readonly inputs: Values;
  /** The output of `tc` between the handle and the actions. */
  words(inputs: Values): string;
  readonly handle: string;
  readonly updates: readonly Update[];
  readonly drift: { readonly input: string; readonly words: string };
  /** The same for the inputs. */
  readonly same: string;
  readonly needed?: Readonly<Record<string, string>>;
}

const push = { kind: "vlanPush", vlanId: 5, vlanProtocol: "802.1ad", vlanPriority: 3 };
const classifiers: readonly Classifier[] = [
  {
    ...{ name: "matchall", protocol: "all", handle: "0x1", same: "handle 1 matchall flowid 1:10" },
    inputs: { flowid: "1:10" },
    words: ({ flowid }) => (flowid ? `flowid ${flowid}` : ""),
    updates: [
      { what: "another class", change: { flowid: "1:20" } },
      { what: "a mark, and no class", change: { flowid: undefined, actions: [{ kind: "skbedit", mark: 7 }] } },
      {
        what: "tags",
        change: { actions: [{ kind: "vlanPop" }, push, { kind: "vlanPush", vlanId: 7 }, { kind: "pass" }] },
      },
      {
        what: "a priority and a copy",
        change: {
          actions: [{ kind: "skbedit", mark: 0, priority: "1:10" }, { kind: "mirror", device: "p0" }, { kind: "drop" }],
        },
      },
      {
        what: "a limit and checksums",
        change: {
          actions: [
            { kind: "police", rateKbit: 2000, burstBytes: 9600 },
            { kind: "csum", checksums: ["udp", "ip4h"] },
            { kind: "csum", checksums: ["icmp"], control: "pass" },
          ],
        },
      },
      {
        what: "other limits",
        change: {
          actions: [
            { kind: "police", rateKbit: 1, burstBytes: 2048, mtu: 65536, exceed: "pipe", conform: "continue" },
            {
              kind: "police",
              rateKbit: 8_000_000,
              burstBytes: 10_240_000,
              mtu: 3000,
              exceed: "reclassify",
              conform: "pass",
            },
          ],
        },
      },
      { what: "as before", change: { flowid: "1:10", actions: [] } },
    ],
    drift: { input: "flowid", words: "handle 1 matchall flowid 1:9" },
  },
  {
    ...{ name: "fw", protocol: "all", handle: "0x7/0xff", same: "handle 7/0xff fw flowid 1:10" },
    inputs: { handle: 7, fw: { mask: "0xff" }, flowid: "1:10" },
    words: ({ flowid }) => (flowid ? `classid ${flowid}` : ""),
    updates: [
      { what: "another class", change: { flowid: "1:20" } },
      { what: "an end", change: { flowid: undefined, actions: [{ kind: "drop" }] } },
      { what: "as before", change: { flowid: "1:10", actions: [] } },
    ],
    drift: { input: "fw.mask", words: "handle 7/0xf fw flowid 1:10" },
    needed: { "fw.mask": "`look` finds it by the mask", fw: "`look` finds it by the mask" },
  },
  {
    ...{ name: "flower", protocol: "ip", handle: "0x1" },
    inputs: {
      flower: {
        ...{ source: "10.0.0.0/8", destination: "10.1.2.3", ipProtocol: 132, sourcePorts: "100-200" },
        ...{ destinationPorts: 80, sourceMac: "02:00:00:00:00:01", destinationMac: "FF:FF:FF:FF:FF:FF" },
      },
      flowid: "1:10",
    },
    words({ flower, flowid }) {
      const values = (flower ?? {}) as Values;
      const macs = { dst_mac: values.destinationMac && "ff:ff:ff:ff:ff:ff", src_mac: values.sourceMac };
      const protocol = values.ipProtocol === 132 ? "sctp" : values.ipProtocol === 6 ? "tcp" : undefined;
      const ip = { eth_type: "ipv4", ip_proto: protocol, dst_ip: values.destination, src_ip: values.source };
      const all = { ...macs, ...ip, dst_port: values.destinationPorts, src_port: values.sourcePorts };
      const text = Object.entries(all).flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`]));
      return [...(flowid ? [`classid ${flowid}`] : []), ...text].join(" ");
    },
    updates: [
      { what: "another class", change: { flowid: "1:20" } },
      {
        what: "others of the same",
        change: {
          flower: {
            ...{ source: "11.0.0.0/8", destination: "10.1.2.4", ipProtocol: 6, sourcePorts: "100-300" },
            ...{ destinationPorts: 81, sourceMac: "02:00:00:00:00:02", destinationMac: "ff:ff:ff:ff:ff:ff" },
          },
        },
      },
      { what: "less", change: { flower: { source: "10.0.0.0/9" }, actions: [{ kind: "pass" }] } },
      { what: "no class", change: { flowid: undefined } },
      { what: "all", change: { flower: undefined } },
      { what: "ports", change: { flower: { ipProtocol: 6, sourcePorts: 5 }, flowid: "1:10", actions: [] } },
    ],
    drift: { input: "flower.sourcePorts", words: "handle 1 flower ip_proto tcp src_port 9 flowid 1:10" },
    same: "handle 1 flower ip_proto sctp src_ip 10.0.0.0/8 dst_ip 10.1.2.3 src_port 100-200 dst_port 80 src_mac 02:00:00:00:00:01 dst_mac ff:ff:ff:ff:ff:ff flowid 1:10",
    needed: {
      "flower.ipProtocol": "ports need it",
    },
  },
];

for (const { name, protocol, inputs, words, handle, updates, drift, same, needed } of classifiers) {
  contract(name, (world): Case => {
    const netns = world.netns("a");
    const tc = (text: string) => world.script(netns, `tc ${text}`);
    const at = `dev d0 egress protocol ${protocol} prio 10`;
    return {
      ...{ kind, marked: false, needs: "filters" },
      async prepare() {
        await plumb(world, netns);
        await tc("qdisc add dev d0 clsact");
      },
      inputs: { device: "d0", netns, parent: "egress", priority: 10, protocol, kind: name, ...inputs },
      actual: () => readFilter(world, netns, "egress", handle),
      expected: (values: Values) => {
        const actions = ((values.actions ?? []) as Values[]).map(actionText);
        const all = [`protocol ${protocol} pref 10 ${name} chain 0 handle ${handle}`, words(values), ...actions];
        return { words: all.filter(Boolean).join(" ") };
      },
      updates,
      ...(needed && { needed }),
      replaces: {},
      drifts: [
        {
          what: drift.words,
          input: drift.input,
          async by() {
            await tc(`filter del ${at}`);
            await tc(`filter add ${at} ${drift.words}`);
          },
        },
      ],
      ignores: [{ what: "another priority", by: () => tc("filter add dev d0 egress prio 9 matchall action pass") }],
      vanish: () => tc(`filter del ${at}`),
      parent: () => tc("qdisc del dev d0 clsact"),
      foreign: {
        make: () => tc(`filter add ${at} ${same}`),
        async differ() {
          await tc(`filter del ${at}`);
          await tc(`filter add ${at} ${same.replace("1:10", "1:11")}`);
        },
        remove: () => tc(`filter del ${at}`),
      },
      faults: { tool: "tc", obstacle: { none: "as for u32" } },
    };
  });
}

contract("tagged frames", (world): Case => {
  const netns = world.netns("a");
  const tc = (text: string) => world.script(netns, `tc ${text}`);
  const at = "dev d0 ingress protocol 802.1Q prio 10";
  return {
    ...{ kind, marked: false, brief: true, needs: "filters" },
    async prepare() {
      await plumb(world, netns);
      await tc("qdisc add dev d0 ingress");
    },
    inputs: {
      ...{ device: "d0", netns, parent: "ingress", priority: 10, protocol: "802.1Q", kind: "flower" },
      ...{ flower: { vlanId: 5 }, actions: [{ kind: "vlanPop" }] },
    },
    actual: () => readFilter(world, netns, "ingress", "0x1"),
    expected: ({ flower, actions }: Values) => ({
      words: [
        `protocol 802.1Q pref 10 flower chain 0 handle 0x1 vlan_id ${(flower as Values).vlanId}`,
        ...(actions as Values[]).map(actionText),
      ].join(" "),
    }),
    updates: [{ what: "another", change: { flower: { vlanId: 6 } } }],
    needed: { "flower.vlanId": "`look` finds it", flower: "`look` finds it" },
    replaces: {},
    drifts: [
      {
        what: "another",
        input: "flower.vlanId",
        by: () => tc(`filter replace ${at} handle 1 flower vlan_id 7 action vlan pop`),
      },
    ],
    ignores: [],
    vanish: () => tc(`filter del ${at}`),
    parent: { none: "as in the first cases" },
    foreign: {
      make: () => tc(`filter add ${at} handle 1 flower vlan_id 5 action vlan pop`),
      differ: () => tc(`filter replace ${at} handle 1 flower vlan_id 7 action vlan pop`),
      remove: () => tc(`filter del ${at}`),
    },
    faults: { tool: "tc", obstacle: { none: "as for u32" } },
  };
});
