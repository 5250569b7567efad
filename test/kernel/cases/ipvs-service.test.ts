import type { Values } from "../../../provider/src/core/check";
import { ipvsService as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { readService } from "../support/ipvs";

const services = [
  {
    title: "tcp over IPv4",
    key: { address: "10.9.0.1", port: 80 },
    option: ["-t", "10.9.0.1:80"],
    printed: "TCP  10.9.0.1:80",
    netmask: "255.255.255.0",
    other: ["-s", "rr"],
  },
  {
    title: "udp over IPv6",
    key: { address: "2001:DB8:0::1", port: 53, protocol: "udp" },
    option: ["-u", "[2001:db8::1]:53"],
    printed: "UDP  [2001:db8::1]:53",
    netmask: "64",
    other: ["-s", "rr"],
  },
  {
    title: "sctp",
    key: { address: "10.9.0.1", port: 9, protocol: "sctp" },
    option: ["--sctp-service", "10.9.0.1:9"],
    printed: "SCTP 10.9.0.1:9",
    netmask: "255.255.0.0",
    other: ["-s", "lc"],
  },
  {
    title: "by firewall mark",
    key: { firewallMark: 7 },
    option: ["-f", "7"],
    printed: "FWM  7",
    netmask: "255.255.255.0",
    other: ["-s", "sh"],
  },
  {
    title: "by firewall mark, IPv6",
    key: { firewallMark: 7, family: "ipv6" },
    option: ["-f", "7", "-6"],
    printed: "FWM  7 IPv6",
    netmask: "64",
    other: ["-s", "sh"],
  },
] as const;

for (const { title, key, option, printed, netmask, other } of services) {
  contract(title, (world) => {
    const netns = world.netns("a");
    const ipvsadm = (...args: string[]) => world.runIn(netns, "ipvsadm", ...args);
    const edit = (...args: string[]) => ipvsadm("-E", ...option, "-s", "sh", ...args);
    const onePacket = title.startsWith("udp") || title.startsWith("by");
    return {
      kind,
      needs: "ipvs",
      marked: false,
      brief: title !== "tcp over IPv4",
      inputs: { ...key, netns },
      actual: () => readService(world, netns, printed),
      expected: ({
        scheduler = "wlc",
        schedulerFlags,
        persistenceTimeout,
        persistenceNetmask,
        onePacket: one,
      }: Values) => ({
        scheduler,
        flags: schedulerFlags ?? [],
        persistent: persistenceTimeout === undefined ? undefined : String(persistenceTimeout),
        mask: persistenceNetmask,
        onePacket: one ?? false,
      }),
      updates: [
        {
          what: "scheduler and its flags",
          change: { scheduler: "sh", schedulerFlags: ["sh-port", "sh-fallback"] },
        },
        { what: "no flags", change: { schedulerFlags: undefined, scheduler: "rr" } },
        ...(onePacket
          ? [
              { what: "one packet", change: { onePacket: true } },
              { what: "not", change: { onePacket: false } },
            ]
          : []),
        { what: "persistence for a network", change: { persistenceNetmask: netmask, persistenceTimeout: 60 } },
        { what: "no persistence", change: { persistenceNetmask: undefined, persistenceTimeout: undefined } },
        {
          what: "much at once, its flags in another order than the kernel's",
          change: {
            scheduler: "sh",
            schedulerFlags: ["sh-port", "sh-fallback"],
            persistenceTimeout: 300,
            persistenceNetmask: netmask,
          },
        },
        ...(onePacket ? [{ what: "one packet once more", change: { onePacket: true } }] : []),
      ],
      replaces:
        "port" in key
          ? { address: "10.9.0.2", port: 81, protocol: title === "sctp" ? "udp" : "sctp", netns: "other" }
          : { firewallMark: 8, family: "other" },
      drifts: [
        ...(onePacket
          ? [{ what: "not one packet", input: "onePacket", by: () => edit("-b", "sh-fallback,sh-port", "-p", "300") }]
          : []),
        { what: "flags", input: "schedulerFlags", by: () => edit("-b", "sh-port", "-p", "300") },
        { what: "netmask", input: "persistenceNetmask", by: () => edit("-b", "sh-port,sh-fallback", "-p", "300") },
        { what: "scheduler", input: "scheduler", by: () => ipvsadm("-E", ...option, "-s", "wrr") },
        {
          what: "persistence",
          input: "persistenceTimeout",
          by: () => edit("-b", "sh-port,sh-fallback", "-p", "30", "-M", netmask),
        },
      ],
      ignores: [
        {
          what: "a backend",
          by: () => ipvsadm("-a", ...option, "-r", title.includes("IPv6") ? "[2001:db8::2]:53" : "10.9.0.2:80", "-m"),
        },
      ],
      vanish: () => ipvsadm("-D", ...option),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: {
        make: () => ipvsadm("-A", ...option, "-s", "wlc"),
        differ: () => ipvsadm("-E", ...option, ...other),
        remove: () => ipvsadm("-D", ...option),
      },
      ...(title === "tcp over IPv4" && {
        faults: {
          update: { what: "much at once", change: { scheduler: "rr", persistenceTimeout: 300 } },
          tool: "ipvsadm",
          obstacle: { none: "nothing can block it: commands wait for the kernel's lock on the table" },
        },
      }),
    };
  });
}

everyInput(kind);
everyDrift(kind);
