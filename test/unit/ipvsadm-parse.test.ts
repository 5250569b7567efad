import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listThresholds } from "../../provider/src/tools/ipvsadm";
import { parseServices, parseShown } from "../../provider/src/tools/ipvsadm-parse";
import type { Service } from "../../provider/src/tools/ipvsadm-service";
import { RecordingHost } from "./support/recording";

// The files were recorded from ipvsadm 1.31.
const fixture = (name: string) => readFileSync(join(__dirname, "../fixtures", name), "utf8");
const printing = (stdout: string) => new RecordingHost(() => ({ stdout }));

test("ipvsadm: services of all sorts, and their backends", () => {
  const services = parseServices(fixture("ipvsadm-S.txt"));
  expect(services.map(({ key }) => key)).toEqual([
    { protocol: "tcp", address: "10.9.0.1", port: 80 },
    { protocol: "sctp", address: "10.9.0.1", port: 9 },
    { protocol: "udp", address: "2001:db8::1", port: 53 },
    { firewallMark: 7, family: "ipv4" },
    { firewallMark: 7, family: "ipv6" },
  ]);
  expect(services[0]).toMatchObject({
    scheduler: "wrr",
    persistenceTimeout: 60,
    persistenceNetmask: "255.255.255.0",
    onePacket: false,
  });
  expect(services[0]?.backends).toEqual([
    { address: "10.9.0.2", port: 8080, forwarding: "masquerade", weight: 3 },
    { address: "10.9.0.3", port: 80, forwarding: "gateway", weight: 1 },
    { address: "10.9.0.4", port: 80, forwarding: "tunnel", tunnelType: "ipip", weight: 0 },
  ]);
  expect(services[2]).toMatchObject({ scheduler: "sh", schedulerFlags: ["sh-fallback", "sh-port"], onePacket: true });
  expect(parseServices("")).toEqual([]);
});

test("ipvsadm: services of all sorts, each listed alone", () => {
  const key = { protocol: "tcp", address: "10.9.0.1", port: 80 } as const;
  const service = { key, schedulerFlags: [], onePacket: false, backends: [] };
  const shown = fixture("ipvsadm-L.txt").split(/^(?=Prot)/m);
  expect(shown.map((text) => parseShown(key, text))).toEqual<Service[]>([
    {
      ...{ ...service, scheduler: "wrr", persistenceTimeout: 60, persistenceNetmask: "255.255.255.0" },
      backends: [
        { address: "10.9.0.2", port: 8080, forwarding: "masquerade", weight: 3 },
        { address: "10.9.0.3", port: 80, forwarding: "gateway", weight: 2147483647 },
        { address: "10.9.0.4", port: 80, forwarding: "tunnel", tunnelType: "ipip", weight: 0 },
      ],
    },
    { ...service, scheduler: "rr", persistenceTimeout: undefined, persistenceNetmask: undefined },
    {
      ...{ ...service, scheduler: "sh", persistenceTimeout: undefined, persistenceNetmask: undefined },
      ...{ schedulerFlags: ["sh-fallback", "sh-port"], onePacket: true },
      backends: [
        { address: "2001:db8::2", port: 53, forwarding: "masquerade", weight: 1 },
        { address: "2001:db8:1111:2222:3333:4444:5555:6666", port: 65535, forwarding: "masquerade", weight: 1 },
      ],
    },
    { ...service, scheduler: "wlc", persistenceTimeout: undefined, persistenceNetmask: undefined },
    { ...service, scheduler: "mh", persistenceTimeout: 50, persistenceNetmask: "64" },
  ]);
  expect(() => parseShown(key, "")).toThrow("cannot read what ipvsadm -L prints");
});

test("ipvsadm: thresholds by endpoint", async () => {
  const key = { protocol: "tcp", address: "10.9.0.1", port: 80 } as const;
  const limits = await listThresholds(printing(fixture("ipvsadm-thresholds.txt")), "foo", key);
  expect(Object.fromEntries(limits)).toEqual({
    "10.9.0.2:8080": { upper: 100, lower: 50 },
    "10.9.0.3:80": { upper: 0, lower: 0 },
    "10.9.0.4:80": { upper: 0, lower: 0 },
  });
});
