import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Result, run, type Snapshot, snapshot } from "./engine";
import { Sandbox } from "./sandbox";

/** A host with a server of ssh. */
export interface SshHost {
  readonly url: string;
  readonly address: string;
  /** Its address of IPv6 in the same network. */
  readonly address6: string;
  /** What a command begins with, to run in there. */
  readonly inside: readonly string[];
  /** Runs a command in there. */
  exec(argv: readonly string[]): Promise<Result>;
  /** Runs `ip` in there, which must succeed, and returns what it prints. */
  ip(...args: string[]): Promise<string>;
  snapshot(): Promise<Snapshot>;
  /** Starts its server of ssh. */
  boot(): Promise<void>;
  /** Nothing reaches it any more, or does so again. */
  cable(state: "up" | "down"): Promise<unknown>;
  /** It is gone, with all that it had. */
  close(): Promise<void>;
}

const network = "192.0.2";
const network6 = "2001:db8:f";

/** Several hosts on one network, and one beside them where the engine runs: a sandbox each, so that nothing is the machine's own. */
export class SshHosts {
  private constructor(
    private readonly engine: Sandbox,
    private readonly directory: string,
    readonly hosts: readonly SshHost[],
  ) {}

  /** @param mtu of the network between them */
  static async open(count: number, { mtu = 1500, booted = true } = {}): Promise<SshHosts> {
    const over = process.env.LOCALNET_TEST_SSHD ? [process.env.LOCALNET_TEST_SSHD] : [];
    const directory = mkdtempSync(join(tmpdir(), "localnet-ssh-"));
    for (const name of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, name)]);
    const engine = await Sandbox.open();
    await engine.ip("link", "add", "switch", "mtu", String(mtu), "type", "bridge");
    await engine.ip("link", "set", "switch", "up");
    await engine.ip("address", "add", `${network}.254/24`, "dev", "switch");
    const hosts = await Promise.all(
      Array.from({ length: count }, (_, index) => openHost(engine, directory, over, index + 1, mtu)),
    );
    writeFileSync(join(directory, "config"), clientConfig(directory));
    if (booted) for (const host of hosts) await host.boot();
    return new SshHosts(engine, directory, hosts);
  }

  get inside(): readonly string[] {
    return this.engine.inside;
  }

  /** What the engine's environment needs to reach them. */
  get env(): NodeJS.ProcessEnv {
    return { LOCALNET_SSH_CONFIG: join(this.directory, "config") };
  }

  host(number: number): SshHost {
    const host = this.hosts[number - 1];
    if (!host) throw new RangeError(`there is no host ${number}`);
    return host;
  }

  async close(): Promise<void> {
    for (const host of this.hosts) await host.close();
    await this.engine.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function openHost(
  engine: Sandbox,
  directory: string,
  over: string[],
  number: number,
  mtu: number,
): Promise<SshHost> {
  const sandbox = await Sandbox.open(...over);
  const [address, address6] = [`${network}.${number}`, `${network6}::${number}`];
  const pid = sandbox.inside[2] ?? "";
  // Made in the engine's network, but told by the number that this process knows the other one by.
  const add = ["ip", "link", "add", `host${number}`, "mtu", String(mtu), "type", "veth"];
  const peer = ["peer", "name", "eth0", "mtu", String(mtu), "netns", pid];
  expect(await run(["nsenter", "-t", engine.inside[2] ?? "", "-n", "--", ...add, ...peer])).toMatchObject({ code: 0 });
  await engine.ip("link", "set", `host${number}`, "master", "switch", "up");
  await sandbox.ip("address", "add", `${address}/24`, "dev", "eth0");
  await sandbox.ip("address", "add", `${address6}/64`, "dev", "eth0", "nodad");
  // A link-local address would come to stay a while after the first look at the host.
  await sandbox.ip("link", "set", "eth0", "addrgenmode", "none", "up");
  const config = join(directory, "sshd_config");
  writeFileSync(config, serverConfig(directory));
  return {
    url: `ssh://root@${address}`,
    ...{ address, address6 },
    inside: sandbox.inside,
    exec: (argv) => run([...sandbox.inside, ...argv]),
    ip: (...args) => sandbox.ip(...args),
    snapshot: () => snapshot([], sandbox.inside),
    async boot() {
      const [file = "", ...args] = [...sandbox.inside, "sh", "-c", 'mkdir -p /run/sshd && exec "$0" "$@"'];
      spawn(file, [...args, "/usr/sbin/sshd", "-D", "-f", config], { stdio: "inherit" });
      const isUp = async () => (await run([...sandbox.inside, "ss", "-Hltn", "sport", "=", "22"])).stdout !== "";
      while (!(await isUp())) await sleep(50);
    },
    cable: (state) => engine.ip("link", "set", `host${number}`, state),
    close: () => sandbox.close(),
  };
}

const serverConfig = (directory: string) => `
HostKey ${directory}/host
AuthorizedKeysFile ${directory}/user.pub
AuthenticationMethods publickey
StrictModes no
UsePAM no
UseDNS no
PidFile none
LogLevel QUIET
PrintMotd no
PrintLastLog no
ClientAliveInterval 3
ClientAliveCountMax 2
`;

const clientConfig = (directory: string) => `
Host *
  IdentityFile ${directory}/user
  IdentitiesOnly yes
  UserKnownHostsFile ${directory}/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
`;
