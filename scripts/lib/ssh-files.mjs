import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "./run.mjs";

/**
 * Writes the keys and the configurations of an ssh server and its client.
 * @param {string} directory an empty folder
 * @param {string} [more] more lines for the client
 * @returns {Promise<{ client: string, server: string }>} the paths of the configurations
 */
export async function writeSshFiles(directory, more = "") {
  for (const name of ["host", "user"])
    await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(directory, name)]);
  const [client, server] = [join(directory, "config"), join(directory, "sshd_config")];
  writeFileSync(client, clientConfig(directory) + more);
  writeFileSync(server, serverConfig(directory));
  return { client, server };
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
