import { join } from "node:path";
import { ensureDebian } from "../lib/debian.mjs";
import { inThrowawayHome } from "../lib/home.mjs";
import { root } from "../lib/paths.mjs";
import { interactive } from "../lib/run.mjs";
import { openSshHosts } from "../lib/ssh-hosts.mjs";
import { ensureSshd } from "../lib/unpacked.mjs";
import { ensurePulumi, throwawayEnv, withCli } from "../pulumi-cli/pulumi.mjs";
import { ensureProgram } from "./setup.mjs";

/** What the example's resources and probes use. */
const packages = ["util-linux", "iproute2", "iptables", "curl", "iputils-ping", "openssh-client", "kmod"];
const count = 3;

/** Brings examples/three-hosts up on three hosts: each has mounts, processes, a network and a server of ssh of its own, and ends with this command. */
export async function hostsLab() {
  if (process.getuid?.() !== 0) throw new Error("the lab of three hosts needs root");
  await ensureDebian(packages);
  const [sshd, cli] = [await ensureSshd(), await ensurePulumi()];
  await ensureProgram();
  return inThrowawayHome("hosts", async (home) => {
    const net = await openSshHosts(count, { directory: home, over: sshd ? [sshd] : [] });
    try {
      for (const host of net.hosts) await host.boot();
      const urls = net.hosts.map(({ url }) => url);
      return await interactive([...net.enterArgv, "node", join(root, "scripts/lab/hosts-inside.mjs"), ...urls], {
        env: { ...throwawayEnv(home, withCli(cli)), LOCALNET_SSH_CONFIG: net.sshConfig },
      });
    } finally {
      await net.close();
    }
  });
}
