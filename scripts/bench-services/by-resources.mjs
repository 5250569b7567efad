import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";

const cwd = join(root, "bench");

/** KubeProxyNode, by the native plugin. @param {{ mode: string, home: string }} what */
export function byResources({ mode, home }) {
  const target = ["--stack", "services", "--config-file", join(home, "config.yaml")];
  const pulumi = (/** @type {string[]} */ ...args) =>
    output(["pulumi", ...args, ...target, "--non-interactive"], { cwd });
  const up = async (/** @type {number} */ count) => {
    await pulumi("config", "set", "count", String(count));
    const begin = Date.now();
    await pulumi("up", "--yes", "--skip-preview");
    return begin;
  };
  return {
    async prepare() {
      await output(["pulumi", "stack", "init", "services", "--non-interactive"], { cwd });
      await pulumi("config", "set", "workload", "kube-proxy");
      await pulumi("config", "set", "kinds", "pulumi-localnet/native");
      await pulumi("config", "set", "mode", mode);
    },
    program: up,
    /** @param {number} index */
    add: (index) => up(index + 1),
    async resources() {
      const { stdout } = { stdout: await output(["pulumi", "stack", "export", "--stack", "services"], { cwd }) };
      return JSON.parse(stdout).deployment.resources.length;
    },
  };
}
