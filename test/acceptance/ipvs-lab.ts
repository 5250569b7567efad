import { changes, type Snapshot, Stack, snapshot, vm } from "./engine";
import type { Show } from "./providers";

interface Row {
  stage: number;
  probe: string;
  must: string;
  saw: string;
}

const pod = "GET http://172.22.0.2:8080";
const service = "GET http://172.23.0.1:8080";
const stages: [stage: number, without: string[], expected: Record<string, string>][] = [
  [1, [], { [`host: ${pod}`]: "foo" }],
  [2, ["forward"], { [`bar: ${pod}`]: "times out" }],
  [2, [], { [`bar: ${pod}`]: "foo" }],
  [3, ["route-foo"], { [`host: ${service}`]: "times out" }],
  [3, [], { [`host: ${service}`]: "foo" }],
  [4, [], { [`host: 4 x ${service}`]: "bar and foo" }],
  [5, [], { [`host: 4 x ${service}`]: "foo" }],
  [6, ["dummy"], { [`bar: ${service}`]: "times out" }],
  [6, [], { [`bar: ${service}`]: "foo" }],
  [7, [], { [`foo: ${service}`]: "times out" }],
  [8, ["promiscuous"], { [`foo: 4 x ${service}`]: "bar and times out" }],
  [8, ["masquerade"], { [`foo: 4 x ${service}`]: "bar and times out" }],
  [8, ["conntrack"], { [`foo: 4 x ${service}`]: "bar and times out" }],
  [8, [], { [`foo: 4 x ${service}`]: "bar and foo", [`bar: 4 x ${service}`]: "bar and foo" }],
];

/** Runs all stages of the lab in a project with its program. */
export function walk(project: string, show: Show): void {
  const { host, ssh, exec } = vm();
  const stack = new Stack(project);
  let before: Snapshot;

  beforeAll(async () => {
    before = await snapshot(ssh);
    await stack.init({ "localnet:host": host });
  });
  afterAll(() => stack.dispose());

  /** Goes to a stage as a user does, and returns the results of its probes. */
  async function go(stage: number, without: readonly string[] = []): Promise<Record<string, string>> {
    await stack.set({ stage: String(stage), without: JSON.stringify(without) });
    await stack.up();
    let { seen: state, settled } = await stack.outputs();
    if (!settled) {
      // After an update that removes something, the probes run in the next one.
      await stack.up();
      ({ seen: state } = await stack.outputs());
    }
    const rows = state as Row[];
    for (const { must, saw } of rows) expect(saw).toBe(must);
    return Object.fromEntries(
      rows.filter((row) => row.stage === stage || stage === 7).map(({ probe, saw }) => [probe, saw]),
    );
  }

  describe("forwards, without each part in turn", () => {
    test.each(stages)("stage %i without %j", async (stage, without, state) => {
      expect(await go(stage, without)).toMatchObject(state);
      if (without.length === 0) await stack.unchanged();
    });

    test("read without the provider: pod foo reaches both pods through the service", async () => {
      const answers = new Set<string>();
      for (let i = 0; i < 4; i++)
        answers.add((await exec(["ip", "netns", "exec", "foo", "curl", "-s", "-m", "5", "172.23.0.1:8080"])).stdout);
      expect([...answers].sort()).toEqual(["bar", "foo"]);
    });
  });

  describe("changes by hand", () => {
    // The lab's reference to its own stack changes only with an update. All else stays the same.
    beforeAll(async () => {
      expect(changes((await stack.refresh()).text)).not.toHaveProperty("deleted");
    });

    const service = ["-t", "172.23.0.1:8080"];

    test("they are shown, each at its resource, and one up repairs all of them", async () => {
      const differ: Record<string, string[]> = {
        cni0: ["ip", "link", "set", "cni0", "promisc", "off"],
        veth_bar: ["ip", "link", "set", "veth_bar", "nomaster"],
        ipvs0: ["ip", "addr", "del", "172.23.0.1/32", "dev", "ipvs0"],
        service: ["ipvsadm", "-E", ...service, "-s", "lc"],
        "backend-bar": ["ipvsadm", "-e", ...service, "-r", "172.22.0.3:8080", "-m", "-w", "5"],
        "ipvs-conntrack": ["sysctl", "-q", "-w", "net.ipv4.vs.conntrack=0"],
      };
      for (const argv of Object.values(differ)) expect(await exec(argv)).toMatchObject({ code: 0 });
      await show(stack, { differs: Object.keys(differ) });
      expect(changes((await stack.up()).text)).toMatchObject({ updated: Object.keys(differ).length });
      await stack.unchanged();
      // The kernel loaded the module for the change, unless it was there.
      if (!before.modules?.includes("ip_vs_lc")) expect(await exec(["rmmod", "ip_vs_lc"])).toMatchObject({ code: 0 });
    });

    test("removed objects are shown, with those that were removed with them, and one up makes all of them again", async () => {
      const pid = (await exec(["ip", "netns", "pids", "bar"])).stdout.trim();
      const removals: Record<string, string[]> = {
        "service backend-foo backend-bar": ["ipvsadm", "-D", ...service],
        "veth_foo default-foo": ["ip", "link", "del", "veth_foo"],
        "forward-in forward-out": ["iptables", "-F", "FORWARD"],
        ipvs0: ["ip", "link", "del", "ipvs0"],
        "server-bar": ["kill", pid],
        "br_netfilter bridge-nf-call-iptables": ["rmmod", "br_netfilter"],
      };
      for (const argv of Object.values(removals)) expect(await exec(argv)).toMatchObject({ code: 0 });
      const gone = Object.keys(removals).flatMap((names) => names.split(" "));
      await show(stack, { gone });
      expect(changes((await stack.up()).text)).toMatchObject({ created: gone.length });
      await stack.unchanged();
    });
  });

  describe("backwards", () => {
    const state = new Map(stages.filter(([, without]) => without.length === 0).map(([stage, , rows]) => [stage, rows]));

    test.each([7, 6, 5, 4, 3, 2, 1])("stage %i", async (stage) => {
      expect(await go(stage)).toMatchObject(state.get(stage) ?? {});
    });
  });

  test("in one step from nothing to everything, with a small state, and back with a dead server: the host is as before", async () => {
    await stack.destroy();
    expect(await snapshot(ssh)).toEqual(before);
    await stack.unset("stage");
    await stack.unset("without");
    expect(changes((await stack.up()).text)).toEqual({ created: 27 });
    const { resources } = await stack.exported();
    const providers = resources.map(({ inputs }) => inputs?.__provider).filter((text) => typeof text === "string");
    expect(Math.max(...providers.map((text) => text.length))).toBeLessThan(80);
    await exec(["kill", (await exec(["ip", "netns", "pids", "foo"])).stdout.trim()]);
    await stack.destroy();
    expect(await snapshot(ssh)).toEqual(before);
  });
}
