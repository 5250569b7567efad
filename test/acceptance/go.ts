import { rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./engine";

/** With the C compiler, if there is one, all would be compiled once more. */
export const goEnv = { CGO_ENABLED: "0", GOWORK: "off" };

/** The program whose go.mod has what a program in Go needs. */
export const goProgram = join(root, "examples/two-namespaces-go");

/** Runs a command in a folder with a Go module; it must succeed. */
export async function must(argv: readonly string[], cwd: string): Promise<string> {
  const result = await run(argv, { cwd, env: { ...process.env, ...goEnv } });
  if (result.code) throw new Error(`${argv.join(" ")}: exit ${result.code}\n${result.text}`);
  return result.stdout;
}

/** Generates the SDK for a module, and downloads what that needs: a sandbox has no network. */
export async function prepareGo(module: string): Promise<void> {
  const generator = process.env.LOCALNET_TEST_GENERATE_SDK;
  if (!generator)
    throw new Error("LOCALNET_TEST_GENERATE_SDK is not set: install Go, and run npm test acceptance-long");
  const sdk = join(module, "sdks/go");
  rmSync(sdk, { recursive: true, force: true });
  await must([generator, "go", join(root, "provider/schema.json"), sdk], module);
  await must(["go", "mod", "download"], module);
}
