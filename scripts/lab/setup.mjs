import { join } from "node:path";
import { ensureDebian } from "../lib/debian.mjs";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";
import { ensurePulumi, pulumiEnv } from "../pulumi-cli/pulumi.mjs";
import { openStack } from "./stack.mjs";

/** What the lab's resources and probes use on a host; the throwaway machine sees this host's files. */
export const labPackages = [
  "iproute2",
  "iptables",
  "ipvsadm",
  "curl",
  "netcat-openbsd",
  "iputils-ping",
  "kmod",
  "perl-base",
];

/**
 * Gets all that every command of the lab needs. Quick when it is there.
 * @param {string[]} [packages] Debian packages
 */
export async function setUp(packages = []) {
  await ensureDebian(packages);
  const [directory] = await Promise.all([ensurePulumi(), ensureProgram()]);
  return openStack(pulumiEnv(directory));
}

/** Builds this package. */
export async function ensureProgram() {
  await output([join(root, "node_modules/.bin/tsc"), "-b", join(root, "provider")]);
}
