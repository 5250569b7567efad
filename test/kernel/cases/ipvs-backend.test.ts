import type { Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { withReadCache } from "../../../provider/src/host";
import { ipvsService, ipvsBackend as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { readBackend } from "../support/ipvs";
import { hostUrl, settings, World } from "../support/world";

const printedForwarding: Record<string, string> = { masquerade: "Masq", gateway: "Route", tunnel: "Tunnel" };
const version4 = { address: "10.9.0.2", port: 80 };
const version6 = { address: "2001:db8:0::2", port: 80 };

const backends = [
  {
    title: "tcp over IPv4",
    service: "tcp/10.9.0.1:80",
    option: ["-t", "10.9.0.1:80"],
    backend: version4,
    endpoint: "10.9.0.2:80",
  },
  {
    title: "udp over IPv6",
    service: "udp/[2001:db8::1]:80",
    option: ["-u", "[2001:db8::1]:80"],
    backend: version6,
    endpoint: "[2001:db8::2]:80",
  },
  {
    title: "by firewall mark",
    service: "fwmark/7",
    option: ["-f", "7"],
    backend: { ...version4, port: 8080 },
    endpoint: "10.9.0.2:8080",
  },
  {
    title: "by firewall mark, of any port",
    service: "fwmark/8",
    option: ["-f", "8"],
    backend: { ...version4, port: 0 },
    endpoint: "10.9.0.2:0",
  },
  {
    title: "of any port",
    service: "tcp/10.9.0.1:0",
    option: ["-t", "10.9.0.1:0", "-p", "300"],
    backend: { ...version4, port: 0 },
    endpoint: "10.9.0.2:0",
  },
] as const;

for (const { title, service, option, backend, endpoint } of backends) {
  contract(`of a service ${title}`, (world) => {
    const netns = world.netns("a");
    const ipvsadm = (...args: string[]) => world.runIn(netns, "ipvsadm", ...args);
    const named = option.slice(0, 2);
    const edit = (...args: string[]) => ipvsadm("-e", ...named, "-r", endpoint, ...args);
    return {
      kind,
      needs: "ipvs",
      marked: false,
      brief: title !== "tcp over IPv4",
      inputs: { ...backend, service: `${service}@${netns}` },
      importsFrom: netns,
      prepare: () => ipvsadm("-A", ...option, "-s", "rr"),
      actual: () => readBackend(world, netns, endpoint),
      expected: ({
        weight = 1,
        forwarding = "masquerade",
        tunnelType = "ipip",
        tunnelPort,
        upperThreshold = 0,
        lowerThreshold = 0,
      }: Values) => ({
        weight: String(weight),
        forwarding: printedForwarding[String(forwarding)],
        tunnel: forwarding === "tunnel" ? [tunnelType, tunnelPort].filter(Boolean).join(":") : "n/a",
        upper: String(upperThreshold),
        lower: String(lowerThreshold),
      }),
      updates: [
        { what: "weight 0", change: { weight: 0 } },
        { what: "weight", change: { weight: 7 } },
        { what: "gateway", change: { forwarding: "gateway" } },
        { what: "tunnel", change: { forwarding: "tunnel" } },
        { what: "tunnel by GUE", change: { tunnelType: "gue", tunnelPort: 6080 } },
        { what: "another port of GUE", change: { tunnelPort: 6081 } },
        { what: "tunnel by GRE", change: { tunnelType: "gre", tunnelPort: undefined } },
        { what: "the default tunnel", change: { tunnelType: undefined } },
        { what: "tunnel by GUE again", change: { tunnelType: "gue", tunnelPort: 6080 } },
        { what: "masquerade", change: { forwarding: "masquerade", tunnelType: undefined, tunnelPort: undefined } },
        { what: "upper threshold", change: { upperThreshold: 100 } },
        { what: "lower threshold", change: { lowerThreshold: 50 } },
        { what: "thresholds taken away", change: { upperThreshold: undefined, lowerThreshold: undefined } },
        { what: "thresholds once more", change: { upperThreshold: 30, lowerThreshold: 20 } },
        { what: "a short drain", change: { drainSeconds: 0.2 } },
      ],
      replaces: { service: "tcp/10.9.0.9:80", address: "10.9.0.9", port: 81 },
      drifts: [
        { what: "weight", input: "weight", by: () => edit("-m", "-w", "3", "-x", "30", "-y", "20") },
        { what: "forwarding", input: "forwarding", by: () => edit("-g", "-w", "7", "-x", "30", "-y", "20") },
        { what: "upper threshold", input: "upperThreshold", by: () => edit("-m", "-w", "7", "-x", "40", "-y", "20") },
        { what: "lower threshold", input: "lowerThreshold", by: () => edit("-m", "-w", "7", "-x", "30", "-y", "10") },
      ],
      ignores: [{ what: "another scheduler of the service", by: () => ipvsadm("-E", ...option, "-s", "wrr") }],
      vanish: () => ipvsadm("-d", ...named, "-r", endpoint),
      parent: () => ipvsadm("-D", ...named),
      foreign: {
        make: () => ipvsadm("-a", ...named, "-r", endpoint, "-m", "-w", "1"),
        differ: () => edit("-m", "-w", "2"),
        remove: () => ipvsadm("-d", ...named, "-r", endpoint),
      },
      ...(title === "tcp over IPv4" && {
        faults: {
          update: { what: "much at once", change: { weight: 7, upperThreshold: 30, lowerThreshold: 20 } },
          tool: "ipvsadm",
          obstacle: { none: "nothing can block it: commands wait for the kernel's lock on the table" },
        },
      }),
    };
  });
}

const reason = lack("ipvs");
(reason ? describe.skip : describe)(`IpvsBackend: of the host itself${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("a");
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("it waits for its service, which the same program makes", async () => {
    const common = { netns, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
    const service = { ...common, address: "10.9.0.4", port: 80, protocol: "tcp", scheduler: "rr", onePacket: false };
    const backend = { ...common, service: `tcp/10.9.0.4:80@${netns}`, address: "10.9.0.2", port: 80 };
    const [second, first] = await Promise.all([
      create(kind, { ...backend, forwarding: "masquerade", weight: 1, drainSeconds: 0 }, settings),
      create(ipvsService, service, settings),
    ]);
    await remove(kind, second.id, second.outputs, settings);
    await remove(ipvsService, first.id, first.outputs, settings);
  });

  test("its forwarding stays as the program sets it", async () => {
    const script = "ip addr add 10.9.0.3/32 dev lo; ipvsadm -A -t 10.9.0.1:80 -s rr";
    await world.script(netns, script);
    const inputs = {
      ...{ service: `tcp/10.9.0.1:80@${netns}`, address: "10.9.0.3", port: 80, forwarding: "masquerade" },
      ...{ weight: 1, drainSeconds: 0, tunnelType: "ipip", owner: world.owner, ...(hostUrl && { host: hostUrl }) },
    };
    const { id, outputs } = await create(kind, inputs, settings);
    expect(await readBackend(world, netns, "10.9.0.3:80")).toMatchObject({ forwarding: "Masq" });
    expect((await read(kind, id, outputs, settings))?.inputs).toEqual(inputs);
    await remove(kind, id, outputs, settings);
  });

  test("a change of the tunnel by hand is drift, and is repaired, also in a service for any port", async () => {
    const service = { address: "10.9.0.5", port: 0, netns, persistenceTimeout: 300, owner: world.owner };
    const common = hostUrl && { host: hostUrl };
    const made = await create(ipvsService, { ...service, ...common }, settings);
    expect(await read(ipvsService, made.id, made.outputs, settings)).toMatchObject({ inputs: { port: 0 } });
    const backend = { service: made.id, address: "10.9.0.3", port: 0, forwarding: "tunnel", owner: world.owner };
    const inputs = { ...backend, tunnelType: "gue", tunnelPort: 6080, ...common };
    const { id, outputs } = await create(kind, inputs, settings);
    const edit = "ipvsadm -e -t 10.9.0.5:0 -r 10.9.0.3:0 -i --tun-type";
    await world.script(netns, `${edit} gre`);
    expect((await read(kind, id, outputs, settings))?.inputs).toMatchObject({ tunnelType: "gre" });
    await world.script(netns, `${edit} gue --tun-port 6081`);
    const drifted = await read(kind, id, outputs, settings);
    expect(drifted?.inputs).toMatchObject({ tunnelType: "gue", tunnelPort: 6081 });
    await update(kind, id, drifted?.outputs ?? {}, inputs, settings);
    const repaired = await withReadCache(() => read(kind, id, outputs, settings));
    expect(repaired?.inputs).toMatchObject({ tunnelType: "gue", tunnelPort: 6080 });
    await remove(kind, id, outputs, settings);
    await remove(ipvsService, made.id, made.outputs, settings);
  });
});

everyInput(kind, ["netns"]);
everyDrift(kind, {
  drainSeconds: "it is about delete",
  tunnelType: "only a tunnel has one; see above",
  tunnelPort: "only a tunnel has one; see above",
});
