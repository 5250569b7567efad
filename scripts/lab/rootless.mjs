import { join } from "node:path";
import { ensureDebian } from "../lib/debian.mjs";
import { inThrowawayHome } from "../lib/home.mjs";
import { rootless } from "../lib/rootless.mjs";
import { interactive } from "../lib/run.mjs";
import { ensurePulumi, throwawayEnv } from "../pulumi-cli/pulumi.mjs";
import { ensureProgram } from "./setup.mjs";

/** What the lab's resources and probes use. */
const packages = ["util-linux", "iproute2", "iptables", "curl", "netcat-openbsd", "perl-base"];

/**
 * A lab without IPVS, as an ordinary user in namespaces that end with this command. Root becomes nobody for it.
 * @param {string} [program] its folder in the clone
 */
export async function rootlessLab(program = "examples/rootless-lab") {
  await ensureDebian(packages);
  const [cli] = await Promise.all([ensurePulumi(), ensureProgram()]);
  return inThrowawayHome("rootless", async (home) => {
    const { uid, clone, env, argv } = await rootless(home, { path: [cli], copies: [program] });
    const lab = ["node", join(clone, "scripts/lab/rootless-inside.mjs"), String(uid), program];
    return interactive(argv(lab, "/"), { env: throwawayEnv(home, env) });
  });
}
