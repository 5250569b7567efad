import { delimiter, join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { buildGenerator, buildGoHost } from "./build.mjs";
import { ensureLanguageHost } from "./language-host.mjs";
import { ensurePulumi } from "./pulumi.mjs";
import { ensurePulumiYaml } from "./pulumi-yaml.mjs";

/** scripts/pulumi-cli/language-go names the same version. */
const host = { language: "Go", name: "pulumi-language-go", version: "3.65.0", build: buildGoHost };

/** The generator is a part of the CLI's modules: scripts/pulumi-cli/go.mod names this version. */
const generatorVersion = "3.256.0";

/**
 * Finds the Pulumi CLI, the language hosts for YAML and Go, and the generator of SDKs, or gets them. Needs Go.
 * @returns {Promise<{ path: string, generator: string }>} the folders to put on PATH, and the generator's file
 */
export async function ensurePulumiGo() {
  const others = await ensurePulumiYaml();
  const folders = await ensureLanguageHost(await ensurePulumi(), host);
  const target = await publish(join(cache, `pulumi-generate-sdk-${generatorVersion}`), async (unfinished) => {
    printLine("Building what writes SDKs, from the modules of the Pulumi CLI (up to 3 minutes)");
    await buildGenerator(unfinished, generatorVersion, (line) => printLine(`  ${line}`));
  });
  return { path: [others, ...folders].join(delimiter), generator: join(target, "bin/generate-sdk") };
}
