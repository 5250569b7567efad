import { changes, run, type Snapshot, Stack, snapshot } from "./engine";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;

/** Who makes the services of the node, and the changes of resources that a change of them is. */
interface By {
  readonly config: Record<string, string>;
  /** What an error about services begins with. */
  readonly subject: string;
  readonly more: Record<string, number>;
  readonly less: Record<string, number>;
  readonly mode: Record<string, unknown>;
}

const oneUpdated = { updated: 1, unchanged: 21 };

const byResources: By = {
  config: {},
  subject: "KubeProxyNode kp: services.",
  // By IP version a chain, its two rules and the one that leads to it; the two that stand before that change their share.
  more: { created: 8, updated: 4 },
  less: { deleted: 16, updated: 2 },
  mode: { created: 2, deleted: expect.any(Number) },
};
export const byTable: By = {
  config: { table: "true" },
  subject: "services.",
  ...{ more: oneUpdated, less: oneUpdated, mode: oneUpdated },
};

/** The pages that a client gets, one connection after the other. */
async function get(netns: string, url: string, count = 1): Promise<string[]> {
  const pages = Array.from({ length: count }, () => url);
  const argv = ["ip", "netns", "exec", netns, "curl", "-sS", "-g", "--no-keepalive", "-H", "Connection: close"];
  const result = await run([...sandbox.enterArgv, ...argv, "--max-time", "10", "-w", "\n", ...pages]);
  if (result.code !== 0) throw new Error(result.text);
  return result.stdout.trim().split("\n");
}

const uniqueSorted = (texts: readonly string[]) => [...new Set(texts)].sort();
const served = (client: string, pods = ["pod2", "pod3"]) => pods.map((pod) => `${pod} for ${client}`);
/** The pods see the node, by its address towards them. */
const masqueraded = ["pod2 for 172.22.2.1", "pod3 for 172.22.3.1"];

/** Brings a change up while a client in a pod asks again and again, and is answered each time. */
async function upUnderTraffic(config: Record<string, string>) {
  await stack.set(config);
  let isUp = false;
  const up = stack.up().finally(() => {
    isUp = true;
  });
  let answered = 0;
  while (!isUp) answered += (await get("pod9", "http://10.96.0.10", 10)).length;
  return { counts: changes((await up).text), answered };
}

async function chains(): Promise<string[]> {
  const rules = await run([...sandbox.enterArgv, "ip", "netns", "exec", "node", "iptables", "-t", "nat", "-S"]);
  return rules.stdout.split("\n").filter((line) => line.startsWith("-N"));
}

/** A node in mode iptables: what is refused, who answers whom, endpoints that come and go, and nothing left. */
export function servesAsKubeProxy(row: Row, by = byResources): void {
  describe.each([row])("%s", (_, project) => {
    beforeAll(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(project, "test", {}, sandbox.enterArgv);
      before = await snapshot([], sandbox.enterArgv);
      await stack.init(by.config);
    });
    afterAll(async () => {
      await sandbox.close();
      stack.removeState();
    });

    test.each([
      ["alone", ["0.ports.0.nodePort: must be 30000 to 32767", "1.sessionAffinity.timeoutSeconds: must be 1 to 86400"]],
      [
        "together",
        [
          "1.endpoints.1: must be of an IP version that the service has an address of: fd00:22:0:3::2 is not",
          "1.ports.0.port: must be free: tcp 80 of 10.96.0.10 belongs to service default/web",
        ],
      ],
    ])("inputs that are wrong %s fail the preview, which names properties and rules", async (wrong, message) => {
      await stack.set({ wrong });
      const { text } = await stack.preview(1);
      for (const each of message) expect(text).toContain(`${by.subject}${each}`);
      await stack.unset("wrong");
    });

    test("up makes it, and a second preview is empty, also after a refresh", async () => {
      expect(Object.keys(changes((await stack.up()).text))).toEqual(["created"]);
      await stack.unchanged();
      await stack.asRecorded();
    });

    test("from a pod, the node, an endpoint itself and outside: both endpoints answer, and masqueraded is who has to be", async () => {
      expect(uniqueSorted(await get("pod9", "http://10.96.0.10", 32))).toEqual(served("172.22.9.2"));
      expect(uniqueSorted(await get("pod9", "http://[fd00:96::10]", 32))).toEqual(served("fd00:22:0:9::2"));
      expect(uniqueSorted(await get("node", "http://10.96.0.10", 32))).toEqual(masqueraded);
      expect(uniqueSorted(await get("outside", "http://10.96.0.10", 32))).toEqual(masqueraded);
      // Itself it reaches by the node's address: else it would answer itself directly, from an address that it did not ask.
      expect(uniqueSorted(await get("pod2", "http://10.96.0.10", 32))).toEqual([
        "pod2 for 172.22.2.1",
        "pod3 for 172.22.2.2",
      ]);
    });

    test("node ports lead to it from the node, its loopback address too, from pods and from outside", async () => {
      for (const [from, address] of [
        ["node", "172.30.0.10"],
        ["node", "127.0.0.1"],
        ["pod9", "172.22.2.1"],
        ["outside", "172.30.0.10"],
      ] as const)
        expect(uniqueSorted(await get(from, `http://${address}:30080`, 32))).toEqual(masqueraded);
    });

    test("with session affinity a client stays where it came first", async () => {
      for (const netns of ["pod9", "node", "outside"])
        expect(uniqueSorted(await get(netns, "http://10.96.0.20", 16))).toHaveLength(1);
    });

    test("without endpoints a client is refused", async () => {
      for (const netns of ["pod9", "node"])
        await expect(get(netns, "http://10.96.0.30")).rejects.toThrow("(7) Failed to connect");
    });

    test("an endpoint more: chains stay, and a client that never stops asking is always answered", async () => {
      const had = await chains();
      const { counts, answered } = await upUnderTraffic({ endpoints: "3" });
      expect(counts).toEqual(by.more);
      expect(answered).toBeGreaterThan(50);
      expect(await chains()).toEqual(expect.arrayContaining(had));
      expect(await chains()).toHaveLength(had.length + 1);
      expect(uniqueSorted(await get("pod9", "http://10.96.0.10", 48))).toEqual(
        served("172.22.9.2", ["pod2", "pod3", "pod4"]),
      );
      await stack.unchanged();
    });

    test("two endpoints less, likewise", async () => {
      const { counts, answered } = await upUnderTraffic({ endpoints: "1" });
      expect(counts).toEqual(by.less);
      expect(answered).toBeGreaterThan(50);
      expect(uniqueSorted(await get("pod9", "http://10.96.0.10", 16))).toEqual(served("172.22.9.2", ["pod2"]));
      await stack.unchanged();
    });

    if (by === byTable)
      test("what somebody takes away of a service is shown by its name, and put back", async () => {
        const nat = ["ip", "netns", "exec", "node", "iptables", "-t", "nat"];
        const rules = (await run([...sandbox.enterArgv, ...nat, "-S", "KUBE-SERVICES"])).stdout.split("\n").slice(1);
        const number = rules.findIndex((rule) => rule.includes("10.96.0.10/32")) + 1;
        expect((await run([...sandbox.enterArgv, ...nat, "-D", "KUBE-SERVICES", String(number)])).text).toBe("");
        await expect(get("pod9", "http://10.96.0.10")).rejects.toThrow("(28)");
        const { text } = await stack.pulumi(["refresh", "--yes", "--skip-preview", "--diff", ...stack.target]);
        expect(text).toMatch(/drift *: "rules? .*default\/web:http.* in chain KUBE-SERVICES of nat, ipv4 is missing"/);
        expect(changes((await stack.up()).text)).toEqual(oneUpdated);
        expect(uniqueSorted(await get("pod9", "http://10.96.0.10", 16))).toEqual(served("172.22.9.2", ["pod2"]));
        await stack.unchanged();
      });

    test("in mode nftables what is new is made before what was goes: the client is always answered", async () => {
      const { counts, answered } = await upUnderTraffic({ mode: "nftables" });
      expect(counts).toEqual(by.mode);
      expect(answered).toBeGreaterThan(50);
      expect(await chains()).toEqual([]);
      // Without nodeAddresses node ports are on all of the node's.
      for (const [from, address] of [
        ["outside", "172.30.0.10"],
        ["pod9", "172.22.2.1"],
      ] as const)
        expect(uniqueSorted(await get(from, `http://${address}:30080`, 4))).toEqual(["pod2 for 172.22.2.1"]);
      await stack.unchanged();
      await stack.asRecorded();
    });

    test("destroy leaves the host as it was", async () => {
      await stack.destroy();
      expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
    });
  });
}
