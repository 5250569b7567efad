import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { getOrCreate } from "./coalesce";
import { type Host, type Result, type RunOptions, settle } from "./host";
import { enter, pathOf } from "./netns";

// A look at a whole host: each command is run once, and those that one namespace was asked are asked of many others by few
// processes. Of hundreds of namespaces each would take dozens of processes, which would take most of the time.

interface Command {
  readonly argv: readonly string[];
  readonly input: string;
}

interface CachedCommand extends Command {
  readonly answer: Promise<Result>;
}

type CommandCache = WeakMap<Host, Map<string, CachedCommand>>;

const scope = new AsyncLocalStorage<CommandCache | undefined>();

/** The body only reads, and what a command printed is its answer until the body ends. */
export function withCommandCache<T>(body: () => Promise<T>): Promise<T> {
  return scope.run(new WeakMap(), body);
}

/** Runs a command, in a look once. */
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

/** Namespaces of one process: the time limit of a command is enough for them. */
const namespacesAtOnce = 16;
const processesAtOnce = 4;
/** Stands for the name of a namespace: no word of a command holds it. */
const hole = "\0";

/**
 * Asks other namespaces, by few processes, what at least two of some samples were asked in this look. What does not come of
 * it is asked for as ever.
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
        const inside = names.map((name) => allIn(name, common));
        const results = await runAll(
          host,
          inside.map(({ all }) => all.command),
        );
        for (const [index, { commands, all }] of inside.entries())
          for (const [at, result] of all.results(results[index]).entries()) {
            const command = commands[at] as Command;
            commandsOfHost.set(keyOf(command), { ...command, answer: Promise.resolve(result) });
          }
      }),
    ),
  );
}

/** What asks one namespace all of these, by one shell that enters it once. */
function allIn(name: string, templates: readonly (readonly [string[], string])[]) {
  const commands = templates.map(([argv, input]) => ({
    argv: argv.map((word) => word.replace(hole, () => name)),
    input,
  }));
  const all = together(commands.map(({ argv, input }) => ({ argv: withinNetns(argv, name), input })));
  return { commands, all: { ...all, command: { ...all.command, argv: enter(name, all.command.argv) } } };
}

/** The command as it is without its own entering of the namespace that it begins in. */
function withinNetns(argv: readonly string[], netns: string): readonly string[] {
  const [file = "", option, value, ...rest] = argv;
  if (file === "nsenter" && option === enter(netns, [])[1]) return rest;
  return option === "-n" && value === netns ? [file, ...rest] : argv;
}

/** The command with a hole in place of the namespace's name; undefined: it is not about that namespace. */
function templateOf({ argv, input }: Command, netns: string): Command | undefined {
  const path = pathOf(netns);
  const words = argv.map((word, index) => {
    if (word === `--net=${path}`) return `--net=${pathOf(hole)}`;
    return word === netns && argv[index - 1] === "-n" ? hole : word;
  });
  return words.some((word) => word.includes(hole)) ? { argv: words, input } : undefined;
}

/**
 * Runs commands one after the other. For each there are how many words it has, its standard input, and its words, which no
 * shell reads for anything but words. A word that no command knows ends the output of each.
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

/** One command that runs many, and what came of each in its own result: of the first of them, up to one that hangs. */
function together(commands: readonly Command[]): { command: Command; results(result: Result | undefined): Result[] } {
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

/** Seconds that they may take together. */
const patienceSeconds = 60;

async function runAll(host: Host, commands: readonly Command[]): Promise<Result[]> {
  const { command, results } = together(commands);
  const options = { input: command.input, timeoutSeconds: patienceSeconds, accept: "any" as const };
  // Whoever asks for one of them alone learns what is wrong.
  return results(await scope.run(undefined, () => host.run(command.argv, options)).catch(() => undefined));
}
