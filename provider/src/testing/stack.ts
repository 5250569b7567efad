import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { hostNetwork, LabUnavailable } from "./namespaces";

const packageRoot = join(__dirname, "../..");

/** A stack of a program that is a function, with its state, its home and its project in a folder. No account is needed. */
export async function createStack(
  folder: string,
  enterArgv: readonly string[],
  program: PulumiFn,
  config: Readonly<Record<string, string>>,
): Promise<Stack> {
  const project = join(folder, "project");
  // The dynamic provider looks for packages here, by their names.
  for (const [name, path] of [
    ["pulumi-localnet", packageRoot],
    ["@pulumi/pulumi", dirname(require.resolve("@pulumi/pulumi/package.json"))],
  ] as const) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link);
  }
  const plugins = { providers: [{ name: "localnet", path: join(packageRoot, "bin") }] };
  writeFileSync(join(project, "Pulumi.yaml"), JSON.stringify({ name: "lab", runtime: "nodejs", plugins }));
  const workspace = await LocalWorkspace.create({
    workDir: project,
    pulumiHome: join(folder, "home"),
    pulumiCommand: await commandEntering(folder, enterArgv),
    program,
    envVars: {
      LOCALNET_NETNS: hostNetwork,
      PULUMI_BACKEND_URL: `file://${folder}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Its state goes with the lab: nothing is written before the end of an operation.
      PULUMI_EXPERIMENTAL: "true",
      PULUMI_SKIP_CHECKPOINTS: "true",
    },
  });
  const stack = await Stack.create("test", workspace);
  const values = Object.entries(config).map(([key, value]) => [key, { value }] as const);
  if (values.length > 0) await stack.setAllConfig(Object.fromEntries(values));
  return stack;
}

/** The path of Pulumi's command. */
export function requirePulumi(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const pulumiPath = folders.map((folder) => join(folder, "pulumi")).find((path) => existsSync(path));
  if (pulumiPath) return pulumiPath;
  throw new LabUnavailable("there is no command pulumi on PATH: see https://www.pulumi.com/docs/install");
}

/** Pulumi's command, inside the namespaces: Automation takes the path of a command, and no words before it. */
async function commandEntering(folder: string, enterArgv: readonly string[]): Promise<PulumiCommand> {
  // By its path: Automation puts the folder of this script on PATH.
  const words = [...enterArgv, requirePulumi()].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/pulumi"), `#!/bin/sh\nexec ${words.join(" ")} --cwd "$PWD" "$@"\n`, { mode: 0o700 });
  return PulumiCommand.get({ root: folder });
}
