import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output } from "../lib/run.mjs";
import { openSandbox } from "../lib/sandbox.mjs";
import { writeSshFiles } from "../lib/ssh-files.mjs";

/**
 * A sandbox that is reached over ssh, at the speed of this machine. Its server listens nowhere: each connection starts it.
 * @param {string | undefined} sshd the folder of an ssh server that is not installed
 */
export async function openSandboxHost(sshd) {
  const directory = mkdtempSync(join(tmpdir(), "localnet-sandbox-host-"));
  const { enterArgv, close } = await openSandbox({ network: true, over: sshd ? [sshd] : [] });
  await output([...enterArgv, "mkdir", "/run/sshd"]);
  const serve = [...enterArgv, "/usr/sbin/sshd", "-i", "-f", join(directory, "sshd_config")];
  const { client } = await writeSshFiles(directory, `\nHost sandbox\n  ProxyCommand ${serve.join(" ")}\n`);
  return {
    host: "ssh://root@sandbox",
    sshConfig: client,
    async close() {
      await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
