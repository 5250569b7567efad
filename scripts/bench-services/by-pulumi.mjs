import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";
import { vmHost } from "../vm/vm.mjs";

const cwd = join(root, "bench");

/**
 * KubeProxyNode, or a ServiceTable, by the native plugin.
 * @param {{ mode: string, by: string, home: string, place: import("./place.mjs").Place }} what
 */
export async function byPulumi({ mode, by, home, place }) {
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
      await pulumi("config", "set", "workload", by === "table" ? "service-table" : "kube-proxy");
      await pulumi("config", "set", "kinds", "pulumi-localnet/native");
      await pulumi("config", "set", "mode", mode);
      if (place.sshConfig) await pulumi("config", "set", "localnet:host", vmHost);
    },
    program: up,
    /** @param {number} index */
    add: (index) => up(index + 1),
    // Whoever made all has ended.
    isDone: undefined,
    stop: undefined,
    async resources() {
      const state = await output(["pulumi", "stack", "export", "--stack", "services"], { cwd });
      return JSON.parse(state).deployment.resources.length;
    },
  };
}
