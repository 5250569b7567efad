import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSshHosts } from "../../scripts/lib/ssh-hosts.mjs";
import { type Result, run, type Snapshot, snapshot } from "./engine";

type Hosts = Awaited<ReturnType<typeof openSshHosts>>;

/** A host with an ssh server. */
export type SshHost = Hosts["hosts"][number] & {
  /** Runs a command on it. */
  exec(argv: readonly string[]): Promise<Result>;
  /** Runs `ip` on it, which must succeed, and returns its output. */
  ip(...args: string[]): Promise<string>;
  snapshot(): Promise<Snapshot>;
};

/** Several hosts on one network, and another one for the engine. */
export class SshHosts {
  readonly hosts: readonly SshHost[];

  private constructor(
    private readonly net: Hosts,
    private readonly directory: string,
  ) {
    this.hosts = net.hosts.map((host) => {
      const exec = (argv: readonly string[]) => run([...host.enterArgv, ...argv]);
      const ip = async (...args: string[]) => {
        const result = await exec(["ip", ...args]);
        expect(result).toMatchObject({ code: 0 });
        return result.stdout;
      };
      return { ...host, exec, ip, snapshot: () => snapshot([], host.enterArgv) };
    });
  }

  /** @param mtu of the network between them */
  static async open(count: number, { mtu = 1500, booted = true } = {}): Promise<SshHosts> {
    const over = process.env.LOCALNET_TEST_SSHD ? [process.env.LOCALNET_TEST_SSHD] : [];
    const directory = mkdtempSync(join(tmpdir(), "localnet-ssh-"));
    const net = await openSshHosts(count, { directory, over, mtu });
    if (booted) for (const host of net.hosts) await host.boot();
    return new SshHosts(net, directory);
  }

  get enterArgv(): readonly string[] {
    return this.net.enterArgv;
  }

  /** The environment with which the engine reaches them. */
  get env(): NodeJS.ProcessEnv {
    return { LOCALNET_SSH_CONFIG: this.net.sshConfig };
  }

  host(number: number): SshHost {
    const host = this.hosts[number - 1];
    if (!host) throw new RangeError(`there is no host ${number}`);
    return host;
  }

  async close(): Promise<void> {
    await this.net.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
