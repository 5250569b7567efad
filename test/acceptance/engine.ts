import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(__dirname, "../..");

// A step here is one or several runs of the CLI against an emulated machine.
jest.setTimeout(15 * 60_000);

// Each of jest's workers has a machine to itself.
const machines = process.env.LOCALNET_TEST_SSH_CONFIGS?.split(":");
if (machines) process.env.LOCALNET_SSH_CONFIG = machines[(Number(process.env.JEST_WORKER_ID) - 1) % machines.length];

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as a user sees them. */
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

/** What happened to resources in an update, as the CLI counts it: { created: 3, unchanged: 1 }. */
export function changes(text: string): Record<string, number> {
  const lines = text
    .slice(text.lastIndexOf("Resources:"))
    .matchAll(/^\s+(?:\S+ )?(\d+) (created|updated|deleted|replaced|unchanged|errored)$/gm);
  return Object.fromEntries([...lines].map(([, count, what]) => [what, Number(count)]));
}

/** A stack of a Pulumi program, with a backend and a home of its own, driven by the real CLI. */
export class Stack {
  private readonly directory = mkdtempSync(join(tmpdir(), "localnet-acceptance-"));
  readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    // Without metadata: a kill can leave Pulumi's file of them empty, and then "failed to load checkpoint: EOF".
    PULUMI_BACKEND_URL: `file://${this.directory}?metadata=skip`,
    PULUMI_HOME: join(this.directory, "home"),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The types of this repository's programs are checked by lint; to check them takes half of each run's time.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };

  constructor(
    readonly project: string,
    public name = "test",
    env: NodeJS.ProcessEnv = {},
    /** What commands begin with, to run elsewhere; see Sandbox. */
    readonly inside: readonly string[] = [],
  ) {
    Object.assign(this.env, env);
  }

  /** The CLI's command line. */
  argv(args: readonly string[]): string[] {
    return ["pulumi", "--cwd", this.project, ...args, "--non-interactive", "--color", "never"];
  }

  /** Runs the CLI; a failure throws unless it is expected. */
  async pulumi(args: readonly string[], expected = 0): Promise<Result> {
    const result = await run([...this.inside, ...this.argv(args)], { cwd: this.project, env: this.env });
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

  /** A preview that must find nothing to do. */
  async unchanged(): Promise<void> {
    await this.pulumi(["preview", "--expect-no-changes", "--diff", ...this.target]);
  }

  refresh(): Promise<Result> {
    return this.pulumi(["refresh", "--yes", "--skip-preview", ...this.target]);
  }

  /** A refresh that must find all as it was left. */
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

  /** The operations that a killed CLI left open. */
  async pending(): Promise<{ type: string }[]> {
    const { stdout } = await this.pulumi(["stack", "export", "--stack", this.name]);
    return JSON.parse(stdout).deployment.pending_operations ?? [];
  }

  /** Destroys what is left, also after a failed test, and takes the files away. */
  async dispose(): Promise<void> {
    await this.destroy().catch(() => undefined);
    this.removeState();
  }

  /** Enough where all that it made goes with its sandbox. */
  removeState(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Why a run failed stands behind its progress, which is long. */
function diagnosis(text: string): string {
  return text.slice(Math.max(0, text.indexOf("Diagnostics:")));
}

export type Snapshot = Record<string, string[]>;

/** All that a lab could leave behind on a host: this one, one behind ssh, or a sandbox. */
export async function snapshot(ssh: readonly string[] = [], inside: readonly string[] = []): Promise<Snapshot> {
  const { code, stdout, text } = await run([...inside, "node", join(root, "scripts/snapshot/cli.mjs"), ...ssh]);
  if (code) throw new Error(text);
  const state = JSON.parse(stdout) as Snapshot;
  // On a machine that does other things too, processes come and go, and the kernel loads modules as it likes.
  if (inside.length) return { ...state, modules: [] };
  return ssh.length ? state : { ...state, processes: [], modules: [] };
}

/** The throwaway VM that the test runner started. */
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
