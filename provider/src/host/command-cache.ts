import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { getOrCreate } from "./coalesce";
import { type Host, type Result, type RunOptions, settle } from "./host";
import { enter, pathOf } from "./netns";

// Reads a whole host: each command runs once, and the commands that ran in a few namespaces run in many others with few
// processes. Otherwise each of hundreds of namespaces would take dozens of processes, and most of the time.

interface Command {
  readonly argv: readonly string[];
  readonly input: string;
}

interface CachedCommand extends Command {
  readonly answer: Promise<Result>;
}

type CommandCache = WeakMap<Host, Map<string, CachedCommand>>;

const scope = new AsyncLocalStorage<CommandCache | undefined>();

/** Runs a body that only reads: the output of each command is reused until the body ends. */
export function withCommandCache<T>(body: () => Promise<T>): Promise<T> {
  return scope.run(new WeakMap(), body);
}

/** Runs a command; inside `withCommandCache` only once. */
export async function runCached(
  host: Host,
  argv: readonly string[],
  options: RunOptions,
  run: Host["run"],
): Promise<Result> {
  const cache = scope.getStore();
  if (!cache) return run(argv, options);
  const commandsOfHost = getOrCreate(cache, host, () => new Map<string, CachedCommand>());
  const command = { argv, input: options.input ?? "" };
  const all = { ...options, accept: "any" as const };
  const { answer } = getOrCreate(commandsOfHost, keyOf(command), () => ({ ...command, answer: run(argv, all) }));
  return settle(argv, await answer, options);
}

function keyOf({ argv, input }: Command): string {
  return JSON.stringify([argv, input]);
}

/** Namespaces per process: as many as can be read within a command's time limit. */
const namespacesAtOnce = 16;
const processesAtOnce = 4;
/** Placeholder for the name of a namespace. No argument contains it. */
const placeholder = "\0";

/**
 * Runs in other namespaces, with few processes, the commands that ran in at least two of the samples. What this does not
 * answer is read as usual.
 */
export async function prefetch(host: Host, samples: readonly string[], others: readonly string[]): Promise<void> {
  const commandsOfHost = scope.getStore()?.get(host);
  if (!commandsOfHost) return;
  const times = new Map<string, number>();
  for (const { argv, input } of commandsOfHost.values()) {
    const keys = new Set(samples.flatMap((name) => templateOf({ argv, input }, name) ?? []).map(keyOf));
    for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  }
  const common = [...times].filter(([, count]) => count > 1).map(([key]) => JSON.parse(key) as [string[], string]);
  if (common.length === 0) return;
  const limit = pLimit(processesAtOnce);
  const parts = Array.from({ length: Math.ceil(others.length / namespacesAtOnce) }, (_, index) =>
    others.slice(index * namespacesAtOnce, (index + 1) * namespacesAtOnce),
  );
  await Promise.all(
    parts.map((names) =>
      limit(async () => {
        const combined = names.map((name) => combinedIn(name, common));
        const results = await runAll(
          host,
          combined.map(({ all }) => all.command),
        );
        for (const [index, { commands, all }] of combined.entries())
          for (const [at, result] of all.results(results[index]).entries()) {
            const command = commands[at] as Command;
            commandsOfHost.set(keyOf(command), { ...command, answer: Promise.resolve(result) });
          }
      }),
    ),
  );
}

/** The command that runs all of these in one namespace, with one shell that enters it once. */
function combinedIn(name: string, templates: readonly (readonly [string[], string])[]) {
  const commands = templates.map(([argv, input]) => ({
    argv: argv.map((word) => word.replace(placeholder, () => name)),
    input,
  }));
  const all = combined(commands.map(({ argv, input }) => ({ argv: withinNetns(argv, name), input })));
  return { commands, all: { ...all, command: { ...all.command, argv: enter(name, all.command.argv) } } };
}

/** The command without the part that enters the namespace. */
function withinNetns(argv: readonly string[], netns: string): readonly string[] {
  const [file = "", option, value, ...rest] = argv;
  if (file === "nsenter" && option === enter(netns, [])[1]) return rest;
  return option === "-n" && value === netns ? [file, ...rest] : argv;
}

/** The command with the placeholder for the namespace's name; undefined: it is not for that namespace. */
function templateOf({ argv, input }: Command, netns: string): Command | undefined {
  const path = pathOf(netns);
  const words = argv.map((word, index) => {
    if (word === `--net=${path}`) return `--net=${pathOf(placeholder)}`;
    return word === netns && argv[index - 1] === "-n" ? placeholder : word;
  });
  return words.some((word) => word.includes(placeholder)) ? { argv: words, input } : undefined;
}

/**
 * Runs commands one after the other. For each it gets the number of arguments, the standard input, and the arguments, which
 * no shell interprets. A random word ends the output of each.
 */
const script = `IFS= read -r end || exit
while [ "$#" -gt 0 ]; do
  count=$1 input=$2 words= at=0
  shift 2
  while [ "$at" -lt "$count" ]; do at=$((at + 1)); words="$words \\"\\\${$at}\\""; done
  if [ "$input" ]; then printf %s "$input" | eval "$words"; else eval "$words" </dev/null; fi
  printf '%s %s\\n' "$end" "$?"
  printf '%s\\n' "$end" >&2
  shift "$count"
done`;

/** Runs many commands with one, and returns the result of each, up to the first one that hangs. */
function combined(commands: readonly Command[]): { command: Command; results(result: Result | undefined): Result[] } {
  const end = randomUUID();
  const words = commands.flatMap(({ argv, input }) => [String(argv.length), input, ...argv]);
  return {
    command: { argv: ["sh", "-c", script, "localnet", ...words], input: `${end}\n` },
    results(result) {
      if (!result) return [];
      const outputs = result.stdout.split(new RegExp(`${end} (\\d+)\\n`));
      const messages = result.stderr.split(`${end}\n`);
      const count = Math.min(outputs.length - 1, 2 * (messages.length - 1)) / 2;
      return Array.from({ length: count }, (_, index) => ({
        exitCode: Number(outputs[2 * index + 1]),
        stdout: outputs[2 * index] ?? "",
        stderr: messages[index] ?? "",
      }));
    },
  };
}

/** Time limit for all of them together, in seconds. */
const limitSeconds = 60;

async function runAll(host: Host, commands: readonly Command[]): Promise<Result[]> {
  const { command, results } = combined(commands);
  const options = { input: command.input, timeoutSeconds: limitSeconds, accept: "any" as const };
  // The caller runs the command alone then, and gets its error.
  return results(await scope.run(undefined, () => host.run(command.argv, options)).catch(() => undefined));
}
