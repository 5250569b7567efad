import { delimiter } from "node:path";
import { buildYamlHost } from "./build.mjs";
import { ensureLanguageHost } from "./language-host.mjs";
import { ensurePulumi } from "./pulumi.mjs";

/** scripts/pulumi-cli/language-yaml names the same version. */
const host = { language: "YAML", name: "pulumi-language-yaml", version: "1.38.1", build: buildYamlHost };

/**
 * Finds the Pulumi CLI and the language host for YAML, or gets them.
 * @returns {Promise<string>} the folders to put on PATH
 */
export async function ensurePulumiYaml() {
  const directory = await ensurePulumi();
  return [directory, ...(await ensureLanguageHost(directory, host))].join(delimiter);
}
