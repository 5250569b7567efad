import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureKubernetes } from "../kubernetes/kubernetes.mjs";
import { ensureDebian } from "../lib/debian.mjs";
import { inThrowawayHome } from "../lib/home.mjs";
import { root } from "../lib/paths.mjs";
import { interactive, run } from "../lib/run.mjs";
import { openSandbox } from "../lib/sandbox.mjs";
import { ensurePulumi, throwawayEnv, withCli } from "../pulumi-cli/pulumi.mjs";
import { startVm, stopVm, vmHost, vmStatus } from "../vm/vm.mjs";
import { ensureProgram } from "./setup.mjs";

const usage = "npm run lab:kube-proxy -- [--mode iptables|ipvs|nftables] [--by resources|kube-proxy] [--compare]";
const machine = "kube-proxy";

/** What the example's resources, and kube-proxy, use. */
const packages = ["util-linux", "iproute2", "iptables", "nftables", "ipset", "ipvsadm", "conntrack", "kmod"];
const clients = ["curl", "iputils-ping", "python3"];

/**
 * Brings examples/kube-proxy up in namespaces that end with this command, or in a throwaway machine where it needs IPVS and
 * this kernel has none.
 * @param {string[]} args
 */
export async function kubeProxyLab(args) {
  const { mode, by, compare } = parse(args);
  if (process.getuid?.() !== 0) throw new Error("the kube-proxy lab needs root");
  await ensureDebian([...packages, ...clients]);
  const programs = compare || by === "kube-proxy" ? await ensureKubernetes() : "";
  const [cli] = await Promise.all([ensurePulumi(), ensureProgram()]);
  const sandbox = await openSandbox({ network: true });
  const hasIpvs = mode !== "ipvs" || (await run([...sandbox.enterArgv, "ipvsadm", "-L", "-n"])).code === 0;
  // A machine that runs already may be named by its file for ssh.
  const given = hasIpvs ? undefined : process.env.LOCALNET_SSH_CONFIG;
  const isOurs = !hasIpvs && !given && !vmStatus(machine);
  try {
    const sshConfig = hasIpvs ? undefined : (given ?? (await startVm(machine)).sshConfig);
    const enterArgv = sshConfig ? [] : sandbox.enterArgv;
    const what = JSON.stringify({ mode, by, compare, programs, ...(sshConfig && { sshConfig, host: vmHost }) });
    const argv = [...enterArgv, "node", join(root, "scripts/lab/kube-proxy-inside.mjs"), what];
    return await inThrowawayHome("kube-proxy", (home) =>
      interactive(argv, {
        env: { ...throwawayEnv(home, withCli(cli)), ...(sshConfig && { LOCALNET_SSH_CONFIG: sshConfig }) },
      }),
    );
  } finally {
    await sandbox.close();
    if (isOurs) await stopVm(machine);
  }
}

/** @param {string[]} args */
function parse(args) {
  const options = /** @type {const} */ ({
    mode: { type: "string", default: "iptables" },
    by: { type: "string", default: "resources" },
    compare: { type: "boolean", default: false },
  });
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nusage: ${usage}`);
  }
}
