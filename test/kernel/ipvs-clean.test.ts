import { clean, createUnrecorded } from "./support/clean";
import { lack } from "./support/features";
import { World } from "./support/world";

const reason = lack("ipvs");
(reason ? describe.skip : describe)(`localnet clean, of IPVS${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("a");
  const stack = `lnt/${world.tag}`;
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("services are removed with their backends, and settings get the values that they had before", async () => {
    await world.runIn(netns, "ipvsadm", "--set", "100", "20", "30");
    await world.runIn(netns, "ipvsadm", "-A", "-t", "10.7.0.9:80", "-s", "rr");
    const showState = () =>
      world.script(
        netns,
        "ipvsadm -S -n; ipvsadm -L --timeout; cat /proc/sys/net/ipv4/vs/conntrack; lsmod | grep -o ^ip_vs[a-z_]*",
      );
    const before = await showState();
    const service = { address: "10.7.0.1", port: 80 };
    await createUnrecorded("KernelModule", `${stack}/module`, { name: "ip_vs" });
    await createUnrecorded("IpvsTimeouts", `${stack}/timeouts`, { netns, tcp: 60 });
    await createUnrecorded("Sysctl", `${stack}/conntrack`, { netns, key: "net.ipv4.vs.conntrack", value: 1 });
    await createUnrecorded("IpvsService", `${stack}/service`, { netns, ...service, scheduler: "rr" });
    const backend = { service: `tcp/10.7.0.1:80@${netns}`, address: "10.7.0.2", port: 80, netns };
    await createUnrecorded("IpvsBackend", `${stack}/backend`, backend);
    expect(await showState()).not.toBe(before);
    const { code, rows } = await clean(stack, "--yes");
    expect({ code, types: rows.map(({ type, result }) => `${type} ${result}`) }).toEqual({
      code: 0,
      types: ["IpvsTimeouts gone", "IpvsBackend gone", "IpvsService gone", "Sysctl gone", "KernelModule gone"],
    });
    expect(await showState()).toBe(before);
  });
});
