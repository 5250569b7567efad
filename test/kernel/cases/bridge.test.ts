import type { Values } from "../../../provider/src/core/check";
import { bridge as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { everyLinksDrifts, everyLinksUpdates, expectedLink, readLink } from "../support/links";

contract("with IPv4 and IPv6 addresses", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const set = (...args: string[]) => ip("link", "set", "dev", name, ...args);
  const option = (key: string, value: string) => set("type", "bridge", key, value);
  const inputs = { name, netns, addresses: ["10.9.0.1/24", "2001:db8::1/64"], mtu: 1400 };

  return {
    kind,
    inputs,
    actual: () => readLink(world, netns, name),
    expected: ({ stp, forwardDelay, ageingTime, ...link }: Values) => ({
      ...expectedLink(link, `localnet:${world.owner}`),
      "bridge/stp_state": stp ? "1" : "0",
      "bridge/forward_delay": String(Number(forwardDelay ?? 15) * 100),
      "bridge/ageing_time": String(Number(ageingTime ?? 300) * 100),
    }),
    updates: [
      { what: "mtu", change: { mtu: 1300 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "mac", change: { mac: "02:00:00:00:09:01" } },
      {
        what: "another address and one fewer",
        change: { addresses: ["10.9.0.2/24", "10.9.0.3/24", "2001:db8::1/64"] },
      },
      {
        what: "the primary address removed, its secondary stays",
        change: { addresses: ["10.9.0.3/24", "2001:db8::1/64"] },
      },
      { what: "two more", change: { addresses: ["10.9.0.3/24", "10.9.0.4/24", "10.9.0.5/24", "2001:db8::1/64"] } },
      { what: "a primary and its secondary removed", change: { addresses: ["10.9.0.5/24", "2001:db8::1/64"] } },
      { what: "down, the IPv6 address kept", change: { up: false } },
      { what: "promiscuous", change: { promiscuous: true } },
      { what: "up", change: { up: true } },
      { what: "down, the IPv6 address removed", change: { up: false, addresses: ["10.9.0.3/24"] } },
      { what: "up again with an IPv6 address", change: { up: true, addresses: ["10.9.0.3/24", "2001:db8::2/64"] } },
      { what: "stp", change: { stp: true } },
      { what: "forward delay", change: { forwardDelay: 4.5 } },
      { what: "ageing time", change: { ageingTime: 60 } },
      {
        what: "the bridge's own options taken away",
        change: { forwardDelay: undefined, ageingTime: undefined, stp: undefined },
      },
      ...everyLinksUpdates,
    ],
    replaces: { name: "other", netns: "other", addrgenmode: "none" },
    drifts: [
      ...everyLinksDrifts(set),
      { what: "an IPv4 address removed", input: "addresses", by: () => ip("addr", "del", "10.9.0.3/24", "dev", name) },
      {
        what: "an IPv6 address removed",
        input: "addresses",
        by: () => ip("addr", "del", "2001:db8::2/64", "dev", name),
      },
      { what: "mac", input: "mac", by: () => set("address", "02:00:00:00:09:99") },
      { what: "down, IPv6 addresses lost with it", input: "up", by: () => set("down") },
      { what: "not promiscuous", input: "promiscuous", by: () => set("promisc", "off") },
    ],
    ignores: [
      {
        what: "an mtu that it takes from its first port",
        async by() {
          await ip("link", "add", "name", "port", "mtu", "1280", "type", "veth", "peer", "name", "far");
          await ip("link", "set", "dev", "port", "master", name);
        },
      },
      { what: "an mtu that nobody asked for", by: () => set("mtu", "1450").then(() => set("mtu", "1500")) },
      { what: "an address of another owner", by: () => ip("addr", "add", "10.8.0.1/24", "dev", name) },
      {
        what: "an ageing time that nobody asked for",
        by: () => option("ageing_time", "1000").then(() => option("ageing_time", "30000")),
      },
    ],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      async make() {
        await ip("link", "add", "name", name, "mtu", "1400", "type", "bridge");
        await ip("addr", "add", "10.9.0.1/24", "dev", name);
        await ip("addr", "add", "2001:db8::1/64", "dev", name);
        await set("up");
      },
      differ: () => set("mtu", "1200"),
      remove: () => ip("link", "del", "dev", name),
    },
    faults: {
      update: {
        what: "much at once",
        change: {
          mtu: undefined,
          mac: "02:00:00:00:09:01",
          addresses: ["10.9.0.2/24", "2001:db8::2/64"],
          ageingTime: 60,
        },
      },
      tool: "ip",
      obstacle: { none: "a bridge can be removed with its ports in it and its addresses in use" },
      impossible: { "no kernel module": "`ip` asks for it in the same call as for Dummy, and gets the same answer" },
    },
  };
});

contract("with all inputs", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  const set = (...args: string[]) => world.run("ip", "-n", netns, "link", "set", "dev", name, ...args);
  const option = (key: string, value: string) => set("type", "bridge", key, value);
  return {
    kind,
    local: true,
    inputs: { name, netns, mtu: 1400, stp: true, forwardDelay: 4, ageingTime: 60 },
    actual: () => readLink(world, netns, name),
    expected: () => ({
      mtu: "1400",
      "bridge/stp_state": "1",
      "bridge/forward_delay": "400",
      "bridge/ageing_time": "6000",
    }),
    updates: [],
    replaces: {},
    drifts: [
      { what: "mtu", input: "mtu", by: () => set("mtu", "1300") },
      { what: "stp", input: "stp", by: () => option("stp_state", "0") },
      { what: "forward delay", input: "forwardDelay", by: () => option("forward_delay", "500") },
      { what: "ageing time", input: "ageingTime", by: () => option("ageing_time", "1000") },
    ],
    ignores: [],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

contract("with options of forwarding", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const option = (key: string, value: string) => ip("link", "set", "dev", name, "type", "bridge", key, value);
  const flag = (value: unknown) => (value ? "1" : "0");
  const calls = { nfCallIptables: true, nfCallIp6tables: true, nfCallArptables: true };
  return {
    kind,
    inputs: { name, netns, priority: 4096, groupForwardMask: 0x4000, multicastSnooping: false, nfCallIptables: true },
    actual: () => readLink(world, netns, name),
    expected: ({ priority, groupForwardMask, multicastSnooping, ...values }: Values) => ({
      "bridge/priority": String(priority ?? 32768),
      "bridge/group_fwd_mask": `0x${Number(groupForwardMask ?? 0).toString(16)}`,
      "bridge/multicast_snooping": flag(multicastSnooping ?? true),
      "bridge/nf_call_iptables": flag(values.nfCallIptables),
      "bridge/nf_call_ip6tables": flag(values.nfCallIp6tables),
      "bridge/nf_call_arptables": flag(values.nfCallArptables),
    }),
    updates: [
      { what: "priority 0 and other options", change: { priority: 0, groupForwardMask: 65528, ...calls } },
      { what: "priority and mask taken away", change: { priority: undefined, groupForwardMask: undefined } },
      {
        what: "flags the other way",
        change: { multicastSnooping: true, nfCallIptables: false, nfCallIp6tables: false, nfCallArptables: false },
      },
      {
        what: "flags taken away",
        change: {
          ...{ multicastSnooping: undefined, nfCallIptables: undefined },
          ...{ nfCallIp6tables: undefined, nfCallArptables: undefined },
        },
      },
      { what: "all again", change: { priority: 65535, groupForwardMask: 8, multicastSnooping: false, ...calls } },
    ],
    replaces: {},
    drifts: [
      { what: "priority", input: "priority", by: () => option("priority", "7") },
      { what: "mask", input: "groupForwardMask", by: () => option("group_fwd_mask", "16") },
      { what: "snooping", input: "multicastSnooping", by: () => option("mcast_snooping", "1") },
      { what: "IPv4", input: "nfCallIptables", by: () => option("nf_call_iptables", "0") },
      { what: "IPv6", input: "nfCallIp6tables", by: () => option("nf_call_ip6tables", "0") },
      { what: "ARP", input: "nfCallArptables", by: () => option("nf_call_arptables", "0") },
    ],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

const elsewhere = "in bridge-vlans.test.ts";
const vlans = { vlanFiltering: elsewhere, vlanDefaultPvid: elsewhere, vlanProtocol: elsewhere, vlans: elsewhere };
everyInput(kind, ["master", ...Object.keys(vlans)]);
everyDrift(kind, { ...vlans, master: elsewhere });
