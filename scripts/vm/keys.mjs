import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../lib/run.mjs";

/** The name by which the ssh client knows a machine, within that machine's own ssh_config. */
export const alias = "localnet-vm";

// The path of a Unix socket has at most 107 bytes, and ssh adds some while it makes the socket.
const longestSocketPath = 85;

/**
 * Makes the keys of the machine and of its only user.
 * @param {string} directory
 */
export async function makeKeys(directory) {
  for (const name of ["host_key", "user_key"]) {
    await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", alias, "-f", join(directory, name)]);
  }
  const hostKey = await readFile(join(directory, "host_key.pub"), "utf8");
  await writeFile(join(directory, "known_hosts"), `${alias} ${hostKey}`);
}

/** @param {string} directory */
export function sshConfigPath(directory) {
  return join(directory, "ssh_config");
}

/**
 * Writes the configuration with which an ssh client reaches the machine as "localnet-vm", and no other host.
 * @param {string} directory
 * @param {number} port
 */
export async function writeSshConfig(directory, port) {
  const file = (/** @type {string} */ name) => `"${join(directory, name).replaceAll("%", "%%")}"`;
  const socket = join(directory, "ssh");
  const lines = [
    `Host ${alias}`,
    "  User root",
    "  HostName 127.0.0.1",
    `  HostKeyAlias ${alias}`,
    `  Port ${port}`,
    `  IdentityFile ${file("user_key")}`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${file("known_hosts")}`,
    "  GlobalKnownHostsFile /dev/null",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "  LogLevel ERROR",
    // The default key exchange takes seconds in an emulated machine.
    "  KexAlgorithms curve25519-sha256",
    "  ConnectTimeout 30",
    // Commands share the connection that the start of the machine leaves open, which saves the slow key exchange.
    ...(Buffer.byteLength(socket) <= longestSocketPath ? ["  ControlMaster no", `  ControlPath ${file("ssh")}`] : []),
  ];
  await writeFile(sshConfigPath(directory), `${lines.join("\n")}\n`);
}
