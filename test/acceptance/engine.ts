import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(__dirname, "../..");

// A step is one or several runs of the CLI, with an emulated machine as the host.
jest.setTimeout(15 * 60_000);

// Each of jest's workers has its own machine.
const machines = process.env.LOCALNET_TEST_SSH_CONFIGS?.split(":");
if (machines) process.env.LOCALNET_SSH_CONFIG = machines[(Number(process.env.JEST_WORKER_ID) - 1) % machines.length];

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output and standard error together. */
  readonly text: string;
}

export function run(
  argv: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; minutes?: number } = {},
): Promise<Result> {
  const { cwd = root, env = process.env, minutes = 14 } = options;
  const [file = "", ...args] = argv;
  return new Promise((resolve) => {
    const settings = { cwd, env, timeout: minutes * 60_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(file, args, settings, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? 1 : 0;
      resolve({ code, stdout, stderr, text: `${stdout}${stderr}` });
    });
  });
}

/** The changes of an update, as the CLI counts them: { created: 3, unchanged: 1 }. */
export function changes(text: string): Record<string, number> {
  const lines = text
    .slice(text.lastIndexOf("Resources:"))
    .matchAll(/^\s+(?:\S+ )?(\d+) (created|updated|deleted|replaced|unchanged|errored)$/gm);
  return Object.fromEntries([...lines].map(([, count, what]) => [what, Number(count)]));
}

/** A stack of a Pulumi program, with its own backend and home, run by the real CLI. */
export class Stack {
  private readonly directory = mkdtempSync(join(tmpdir(), "localnet-acceptance-"));
  readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    // Without metadata. A kill can leave Pulumi's metadata file empty, which causes "failed to load checkpoint: EOF".
    PULUMI_BACKEND_URL: `file://${this.directory}?metadata=skip`,
    PULUMI_HOME: join(this.directory, "home"),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Without type checks, which take half of each run's time. Lint checks the types of these programs.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };

  constructor(
    readonly project: string,
    public name = "test",
    env: NodeJS.ProcessEnv = {},
    /** The first words of commands that run elsewhere; see Sandbox. */
    readonly enterArgv: readonly string[] = [],
  ) {
    Object.assign(this.env, env);
  }

  /** The command line of the CLI. */
  argv(args: readonly string[]): string[] {
    return ["pulumi", "--cwd", this.project, ...args, "--non-interactive", "--color", "never"];
  }

  /** Runs the CLI. A failure throws unless it is expected. */
  async pulumi(args: readonly string[], expected = 0): Promise<Result> {
    const result = await run([...this.enterArgv, ...this.argv(args)], { cwd: this.project, env: this.env });
    const asExpected = expected === 0 ? result.code === 0 : result.code !== 0;
    if (!asExpected) throw new Error(`pulumi ${args.join(" ")}: exit ${result.code}\n${diagnosis(result.text)}`);
    return result;
  }

  get target(): string[] {
    return ["--stack", this.name, "--config-file", join(this.directory, "config.yaml")];
  }

  async init(config: Record<string, string> = {}): Promise<void> {
    await this.pulumi(["stack", "init", this.name]);
    if (Object.keys(config).length > 0) await this.set(config);
  }

  async set(config: Record<string, string>): Promise<void> {
    const settings = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await this.pulumi(["config", "set-all", ...settings, ...this.target]);
  }

  async unset(key: string): Promise<void> {
    await this.pulumi(["config", "rm", key, ...this.target]);
  }

  async rename(name: string): Promise<void> {
    await this.pulumi(["stack", "rename", name, "--stack", this.name]);
    this.name = name;
  }

  up(expected = 0): Promise<Result> {
    return this.pulumi(["up", "--yes", "--skip-preview", ...this.target], expected);
  }

  preview(expected = 0): Promise<Result> {
    return this.pulumi(["preview", ...this.target], expected);
  }

  /** Runs a preview that must be empty. */
  async unchanged(): Promise<void> {
    await this.pulumi(["preview", "--expect-no-changes", "--diff", ...this.target]);
  }

  refresh(): Promise<Result> {
    return this.pulumi(["refresh", "--yes", "--skip-preview", ...this.target]);
  }

  /** Runs a refresh that must find no difference. */
  async asRecorded(): Promise<void> {
    await this.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", ...this.target]);
  }

  destroy(): Promise<Result> {
    return this.pulumi(["destroy", "--yes", "--skip-preview", ...this.target]);
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.pulumi(["stack", "output", "--json", "--stack", this.name])).stdout) as Record<
      string,
      unknown
    >;
  }

  async exported(): Promise<{
    text: string;
    resources: { type: string; urn: string; inputs?: Record<string, unknown> }[];
  }> {
    const { stdout } = await this.pulumi(["stack", "export", "--stack", this.name]);
    return { text: stdout, resources: JSON.parse(stdout).deployment.resources ?? [] };
  }

  /** The pending operations that a killed CLI left in the state. */
  async pending(): Promise<{ type: string }[]> {
    const { stdout } = await this.pulumi(["stack", "export", "--stack", this.name]);
    return JSON.parse(stdout).deployment.pending_operations ?? [];
  }

  /** Destroys what is left, also after a failed test, and removes the files. */
  async dispose(): Promise<void> {
    await this.destroy().catch(() => undefined);
    this.removeState();
  }

  /** Removes only the files. Enough if the objects disappear with their sandbox. */
  removeState(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The end of the output, where the reason for a failure is. */
function diagnosis(text: string): string {
  return text.slice(Math.max(0, text.indexOf("Diagnostics:")));
}

export type Snapshot = Record<string, string[]>;

/** All that a lab could leave behind on a host: this machine, one over ssh, or a sandbox. */
export async function snapshot(ssh: readonly string[] = [], enterArgv: readonly string[] = []): Promise<Snapshot> {
  const { code, stdout, text } = await run([...enterArgv, "node", join(root, "scripts/snapshot/cli.mjs"), ...ssh]);
  if (code) throw new Error(text);
  const state = JSON.parse(stdout) as Snapshot;
  // On a busy machine, processes come and go, and the kernel loads modules.
  if (enterArgv.length) return { ...state, modules: [] };
  return ssh.length ? state : { ...state, processes: [], modules: [] };
}

/** The throwaway VM of the test runner. */
export function vm(): {
  host: string;
  ssh: string[];
  exec(argv: readonly string[], minutes?: number): Promise<Result>;
} {
  const config = process.env.LOCALNET_SSH_CONFIG;
  if (!config) throw new Error("LOCALNET_SSH_CONFIG is not set: run npm test, which starts the virtual machine");
  const ssh = ["-F", config, "localnet-vm"];
  return {
    host: "ssh://localnet-vm",
    ssh,
    exec: (argv, minutes = 2) =>
      run(["ssh", ...ssh, argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")], { minutes }),
  };
}
