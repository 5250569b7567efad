import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { output, run } from "./run.mjs";
import { openSandbox } from "./sandbox.mjs";

const network = "192.0.2";
const network6 = "2001:db8:f";
const bootSeconds = 30;

/**
 * A host with a server of ssh.
 * @typedef {object} SshHost
 * @property {string} url
 * @property {string} address
 * @property {string} address6 its address of IPv6 in the same network
 * @property {string[]} enterArgv what a command begins with, to run in there
 * @property {() => Promise<void>} boot starts its server of ssh
 * @property {(state: "up" | "down") => Promise<unknown>} cable nothing reaches it any more, or does so again
 * @property {() => Promise<void>} close it is gone, with all that it had
 *
 * @typedef {object} SshHosts
 * @property {string[]} enterArgv what a command begins with, to run where the engine is
 * @property {string} sshConfig the file for OpenSSH's client there
 * @property {SshHost[]} hosts
 * @property {() => Promise<void>} close
 */

/**
 * Several hosts on one network, and one beside them where the engine runs: a sandbox each, so that nothing is the machine's own.
 * @param {number} count
 * @param {object} options
 * @param {string} options.directory an empty folder for keys and configurations
 * @param {string[]} options.over folders to lay over the hosts', such as one with a server of ssh
 * @param {number} [options.mtu] of the network between them
 * @returns {Promise<SshHosts>}
 */
export async function openSshHosts(count, { directory, over, mtu = 1500 }) {
  for (const name of ["host", "user"])
    await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(directory, name)]);
  const sshConfig = join(directory, "config");
  writeFileSync(sshConfig, clientConfig(directory));
  writeFileSync(join(directory, "sshd_config"), serverConfig(directory));
  const engine = await openSandbox({ network: true });
  const ip = (/** @type {string[]} */ ...args) => output([...engine.enterArgv, "ip", ...args]);
  await ip("link", "add", "switch", "mtu", String(mtu), "type", "bridge");
  await ip("link", "set", "switch", "up");
  await ip("address", "add", `${network}.254/24`, "dev", "switch");
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const hosts = await Promise.all(numbers.map((number) => openHost(engine, { directory, over, number, mtu })));
  return {
    enterArgv: engine.enterArgv,
    sshConfig,
    hosts,
    async close() {
      for (const host of hosts) await host.close();
      await engine.close();
    },
  };
}

/**
 * @param {import("./sandbox.mjs").Sandbox} engine
 * @param {{ directory: string, over: string[], number: number, mtu: number }} options
 * @returns {Promise<SshHost>}
 */
async function openHost(engine, { directory, over, number, mtu }) {
  const { enterArgv, close } = await openSandbox({ network: true, over });
  const [address, address6] = [`${network}.${number}`, `${network6}::${number}`];
  const link = `host${number}`;
  // Made in the engine's network, but told by the number that this process knows the other one by.
  const add = ["ip", "link", "add", link, "mtu", String(mtu), "type", "veth"];
  const peer = ["peer", "name", "eth0", "mtu", String(mtu), "netns", enterArgv[2] ?? ""];
  await output(["nsenter", "-t", engine.enterArgv[2] ?? "", "-n", "--", ...add, ...peer]);
  const cable = (/** @type {string} */ state) => output([...engine.enterArgv, "ip", "link", "set", link, state]);
  await output([...engine.enterArgv, "ip", "link", "set", link, "master", "switch", "up"]);
  const ip = (/** @type {string[]} */ ...args) => output([...enterArgv, "ip", ...args]);
  await ip("address", "add", `${address}/24`, "dev", "eth0");
  await ip("address", "add", `${address6}/64`, "dev", "eth0", "nodad");
  // A link-local address would come to stay a while after the first look at the host.
  await ip("link", "set", "eth0", "addrgenmode", "none", "up");
  return {
    url: `ssh://root@${address}`,
    ...{ address, address6, enterArgv, cable, close },
    async boot() {
      const start = ["sh", "-c", 'mkdir -p /run/sshd && exec "$0" "$@"'];
      const sshd = ["/usr/sbin/sshd", "-D", "-f", join(directory, "sshd_config")];
      const [file = "", ...args] = [...enterArgv, ...start, ...sshd];
      const server = spawn(file, args, { stdio: "inherit" });
      const listens = async () => (await run([...enterArgv, "ss", "-Hltn", "sport", "=", "22"])).stdout !== "";
      for (const deadline = Date.now() + bootSeconds * 1000; !(await listens()); await sleep(50))
        if (server.exitCode !== null || Date.now() > deadline) throw new Error(`host ${number} has no server of ssh`);
    },
  };
}

const serverConfig = (/** @type {string} */ directory) => `
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

const clientConfig = (/** @type {string} */ directory) => `
Host *
  IdentityFile ${directory}/user
  IdentitiesOnly yes
  UserKnownHostsFile ${directory}/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
`;
