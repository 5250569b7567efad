import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { output, run } from "./run.mjs";
import { openSandbox } from "./sandbox.mjs";
import { writeSshFiles } from "./ssh-files.mjs";

const network = "192.0.2";
const network6 = "2001:db8:f";
const bootSeconds = 30;

/**
 * A host with an ssh server.
 * @typedef {object} SshHost
 * @property {string} url
 * @property {string} address
 * @property {string} address6 its IPv6 address in the same network
 * @property {string[]} enterArgv the first words of a command that runs in it
 * @property {() => Promise<void>} boot starts its ssh server
 * @property {(state: "up" | "down") => Promise<unknown>} cable disconnects it from the network, or connects it again
 * @property {() => Promise<void>} close removes it with all that it has
 *
 * @typedef {object} SshHosts
 * @property {string[]} enterArgv the first words of a command that runs where the engine is
 * @property {string} sshConfig the configuration of the ssh client there
 * @property {SshHost[]} hosts
 * @property {() => Promise<void>} close
 */

/**
 * Several hosts on one network, and another one for the engine. Each is a sandbox, so that this machine does not change.
 * @param {number} count
 * @param {object} options
 * @param {string} options.directory an empty folder for keys and configurations
 * @param {string[]} options.over folders to mount over those of the hosts, such as one with an ssh server
 * @param {number} [options.mtu] of the network between them
 * @returns {Promise<SshHosts>}
 */
export async function openSshHosts(count, { directory, over, mtu = 1500 }) {
  const { client: sshConfig, server } = await writeSshFiles(directory);
  const engine = await openSandbox({ network: true });
  const ip = (/** @type {string[]} */ ...args) => output([...engine.enterArgv, "ip", ...args]);
  await ip("link", "add", "switch", "mtu", String(mtu), "type", "bridge");
  await ip("link", "set", "switch", "up");
  await ip("address", "add", `${network}.254/24`, "dev", "switch");
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const hosts = await Promise.all(numbers.map((number) => openHost(engine, { server, over, number, mtu })));
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
 * @param {{ server: string, over: string[], number: number, mtu: number }} options
 * @returns {Promise<SshHost>}
 */
async function openHost(engine, { server, over, number, mtu }) {
  const { enterArgv, close } = await openSandbox({ network: true, over });
  const [address, address6] = [`${network}.${number}`, `${network6}::${number}`];
  const link = `host${number}`;
  // Made in the engine's network. The namespace of the other end is named by its pid in this process's namespace.
  const add = ["ip", "link", "add", link, "mtu", String(mtu), "type", "veth"];
  const peer = ["peer", "name", "eth0", "mtu", String(mtu), "netns", enterArgv[2] ?? ""];
  await output(["nsenter", "-t", engine.enterArgv[2] ?? "", "-n", "--", ...add, ...peer]);
  const cable = (/** @type {string} */ state) => output([...engine.enterArgv, "ip", "link", "set", link, state]);
  await output([...engine.enterArgv, "ip", "link", "set", link, "master", "switch", "up"]);
  const ip = (/** @type {string[]} */ ...args) => output([...enterArgv, "ip", ...args]);
  await ip("address", "add", `${address}/24`, "dev", "eth0");
  await ip("address", "add", `${address6}/64`, "dev", "eth0", "nodad");
  // A link-local address would appear only some time after the first snapshot of the host.
  await ip("link", "set", "eth0", "addrgenmode", "none", "up");
  return {
    url: `ssh://root@${address}`,
    ...{ address, address6, enterArgv, cable, close },
    async boot() {
      const start = ["sh", "-c", 'mkdir -p /run/sshd && exec "$0" "$@"'];
      const sshd = ["/usr/sbin/sshd", "-D", "-f", server];
      const [file = "", ...args] = [...enterArgv, ...start, ...sshd];
      const daemon = spawn(file, args, { stdio: "inherit" });
      const listens = async () => (await run([...enterArgv, "ss", "-Hltn", "sport", "=", "22"])).stdout !== "";
      for (const deadline = Date.now() + bootSeconds * 1000; !(await listens()); await sleep(50))
        if (daemon.exitCode !== null || Date.now() > deadline) throw new Error(`host ${number} has no server of ssh`);
    },
  };
}
