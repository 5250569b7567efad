import { type Snapshot, Stack } from "./engine";
import type { SshHost } from "./ssh-hosts";

/** Two hosts, the configuration that reaches them, and the place of the engine. */
export interface Ends {
  readonly hosts: readonly SshHost[];
  readonly env: NodeJS.ProcessEnv;
  readonly enterArgv: readonly string[];
  host(number: number): SshHost;
  close(): Promise<void>;
}

export const fixture = "test/fixtures/host-link";

/** A bridge on one host and one in a namespace of the other are one LAN, with the largest mtu that fits. */
export function hostLink(
  project: string,
  open: () => Promise<Ends>,
  { config, mtu }: { config: (ends: Ends) => Record<string, string>; mtu: number },
  more: (stack: () => Stack, ends: () => Ends) => void = () => {},
): void {
  let ends: Ends;
  let stack: Stack;
  let before: Snapshot[];
  const takeSnapshot = () => Promise.all(ends.hosts.map((host) => host.snapshot()));
  /** Pings from one bridge to the other. 28 bytes of a packet are headers. */
  const ping = (packet: number) =>
    ends.host(1).exec(["ping", "-M", "do", "-c", "1", "-W", "9", "-s", String(packet - 28), "10.78.0.2"]);

  beforeAll(async () => {
    ends = await open();
    before = await takeSnapshot();
    stack = new Stack(project, "test", { ...ends.env, LOCALNET_TIMEOUT_SECONDS: "60" }, ends.enterArgv);
    await stack.init({ one: ends.host(1).url, two: ends.host(2).url, ...config(ends) });
  });
  afterAll(async () => {
    stack?.removeState();
    await ends?.close();
  });

  test("the largest packet that fits goes through, a larger one is refused, and a preview is empty", async () => {
    await stack.up();
    expect(await stack.outputs()).toEqual({ mtu });
    expect(await ping(mtu)).toMatchObject({ code: 0 });
    expect((await ping(mtu + 1)).text).toContain(`mtu=${mtu}`);
    await stack.unchanged();
  });

  more(
    () => stack,
    () => ends,
  );

  test("destroy leaves both as they were", async () => {
    await stack.destroy();
    expect(await takeSnapshot()).toEqual(before);
  });
}

/** All links of a host and their mtu, by type, as `ip` shows them. */
export async function mtuOf(host: SshHost, type: string): Promise<number[]> {
  const { stdout } = await host.exec(["ip", "-j", "link", "show", "type", type]);
  return (JSON.parse(stdout || "[]") as { mtu?: number }[]).flatMap((link) => link.mtu ?? []);
}
