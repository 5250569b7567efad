import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { configuration } from "../core/kind";
import { survey } from "../core/survey";
import { LocalnetError } from "../errors";
import { type HostSettings, withReadCache } from "../host";
import { runAsUser } from "../host/foreground";
import { kinds } from "../kinds";
import { readDeployment } from "../pulumi/recorded";
import { UsageError } from "./outcome";
import type { LabObject } from "./topology/object";

// Where a command gets its objects from: the state of a stack, or a host.

export interface SourceOptions {
  readonly stack?: string;
  readonly cwd?: string;
  readonly state?: string;
  readonly live?: boolean;
  readonly host?: string;
  readonly sudo?: boolean;
  readonly json?: boolean;
}

/** Adds the options that choose the objects; `json: false`: for a command that prints another command's output. */
export function addSource(command: Command, { json = true } = {}): Command {
  command
    .option("-s, --stack <name>", "the stack; default: the one that is selected")
    .option("-C, --cwd <folder>", "the folder of the Pulumi project; default: this one")
    .option("--state <file>", 'what "pulumi stack export" printed, in place of a stack; "-" is standard input')
    .option("--live", "what is on a host, whoever made it, in place of a stack")
    .addOption(hostOption("with --live: the host, ssh://[USER@]NAME[:PORT]; default: this machine"))
    .option("--sudo", "run commands through sudo -n");
  return json ? addJson(command) : command;
}

export function addJson(command: Command): Command {
  return command.option("--json", "print JSON");
}

export function hostOption(description: string): Option {
  return new Option("--host <url>", description).argParser((value) => {
    const checked = configuration.shape.host.safeParse(value);
    if (checked.success) return value;
    throw new InvalidArgumentError(checked.error.issues[0]?.message ?? "");
  });
}

/** Seconds to wait for a host that does not answer. Less than for a stack, where the host may be booting. */
const connectTimeoutSeconds = 10;

export function settingsOf({ sudo = false, host }: SourceOptions): HostSettings {
  return {
    sudo,
    timeoutSeconds: secondsOf("timeoutSeconds"),
    connectTimeoutSeconds: secondsOf("connectTimeoutSeconds", connectTimeoutSeconds),
    ...(host !== undefined && { host }),
  };
}

/** The settings from the environment: the command has no configuration. */
function secondsOf(setting: "timeoutSeconds" | "connectTimeoutSeconds", otherwise?: number): number {
  const field = configuration.shape[setting];
  const variable = String(field.meta()?.environment);
  const text = process.env[variable];
  const { data, error } = field.safeParse(text ? Number(text) : otherwise);
  if (error) throw new UsageError(`${variable}: ${error.issues[0]?.message}`);
  return data;
}

/** The objects that a command works on. */
export async function readObjects(options: SourceOptions): Promise<LabObject[]> {
  if (options.host !== undefined && !options.live)
    throw new UsageError("--host goes with --live; a stack's state says on which hosts its resources are");
  if (options.live && (options.stack ?? options.state ?? options.cwd) !== undefined)
    throw new UsageError("--live is in place of a stack: leave out --stack, --state and --cwd");
  if (options.state !== undefined && (options.stack ?? options.cwd) !== undefined)
    throw new UsageError("--state is in place of a stack: leave out --stack and --cwd");
  if (!options.live) return parse(options.state === undefined ? await exportStack(options) : readState(options.state));
  const settings = settingsOf(options);
  const objects = await withReadCache(() => survey(Object.values(kinds), settings));
  return objects.map((each) => ({ ...each, name: each.id, inputs: each.outputs, host: options.host }));
}

const stateHint = 'write one with "pulumi stack export --file FILE"';

function parse(text: string): LabObject[] {
  try {
    return readDeployment(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`this is not a stack's state: ${error.message}`, stateHint);
  }
}

function readState(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${(cause as Error).message}`, stateHint);
  }
}

async function exportStack({ stack, cwd = "." }: SourceOptions): Promise<string> {
  const argv = ["pulumi", "stack", "export", "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  const { exitCode, stdout, stderr } = await runAsUser(argv, resolve(cwd));
  if (exitCode === 0) return stdout;
  const lines = stderr.trim().split("\n");
  const message = (lines.find((line) => line.startsWith("error: ")) ?? lines.at(-1) ?? "").replace(/^error: /, "");
  const hint =
    "choose a project's folder with --cwd, a stack with --stack, a file with --state, or look at the host with --live";
  throw new LocalnetError("LN_COMMAND", `pulumi stack export: ${message || `exit code ${exitCode}`}`, { hint });
}
