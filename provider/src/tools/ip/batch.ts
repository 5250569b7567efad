import { cached, type Host, usesReadCache } from "../../host";
import { coalesce, getOrCreate } from "../../host/coalesce";
import { commandError } from "../../host/command-error";
import { processesByNamespace, processesIn } from "../../host/files";
import { pathOf } from "../../host/netns";
import { ipIn, runIp, withoutBinds } from "./ip";
import { parseJson } from "./json";

/** The arguments of one command of `ip`. */
type Command = readonly string[];
/** Commands that run one after the other, until one fails. */
type Request = readonly Command[];
/** The output of a command that lists objects. */
type List = readonly unknown[];
type Answer = { readonly lists: readonly List[] } | { readonly error: unknown };

/** Every list has all details, and numbers instead of names. */
const listing = ["-N", "-j", "-d"];

/** Prints an empty list. It runs after a command that prints nothing, to show that this one is done. */
const marker: Command = ["neigh", "show", "dev", "lo"];

/** Most commands for one process: it finishes them within the time limit. */
const maxCommands = 500;

const namespaces = new WeakMap<Host, Map<string, (request: Request) => Promise<Map<Request, Answer>>>>();

/**
 * Changes a namespace (undefined: the host's own). Returns the lists of the commands that print one, or none if ip could not
 * list everything. Coalesces calls: while one process runs, later calls wait and share the next one.
 */
export async function ipAll(
  host: Host,
  netns: string | undefined,
  request: Request,
  options: readonly string[] = [],
): Promise<readonly List[]> {
  if (request.length === 0) return [];
  for (const command of request) requireBatchWords(command);
  const begin = [...ipIn(netns), ...options];
  const ofHost = getOrCreate(namespaces, host, () => new Map());
  const one = getOrCreate(ofHost, begin.join(" "), () =>
    coalesce((requests: readonly Request[]) => change(host, begin, requests)),
  );
  const answer = (await one(request)).get(request);
  if (answer && "error" in answer) throw answer.error;
  return answer?.lists ?? [];
}

/** A command that fails ends its own request. The other requests still run. */
async function change(host: Host, begin: Command, requests: readonly Request[]): Promise<Map<Request, Answer>> {
  const answers = new Map<Request, Answer>();
  let rest = requests;
  while (rest.length > 0) {
    const part = withinLimit(rest);
    const { lists, failed } = await run(host, begin, part.flat());
    let [begun, printed] = [0, 0];
    for (const request of part) {
      begun += request.length;
      if (failed && failed.number < begun) {
        answers.set(request, failed);
        break;
      }
      const requestLists = lists.slice(printed, printed + request.filter(shows).length);
      printed += requestLists.length;
      answers.set(request, { lists: requestLists });
    }
    rest = rest.filter((request) => !answers.has(request));
  }
  return answers;
}

/** As many requests as one process may run, at least one. */
function withinLimit(requests: readonly Request[]): readonly Request[] {
  let count = 0;
  const end = requests.findIndex((request) => {
    count += request.length;
    return count > maxCommands;
  });
  return end < 0 ? requests : requests.slice(0, Math.max(end, 1));
}

function shows([_object, verb]: Command): boolean {
  return verb === "show";
}

interface Failed {
  /** The index of the command. */
  readonly number: number;
  readonly error: unknown;
}

/** Runs commands. Returns their lists, and the command that failed. */
async function run(host: Host, begin: Command, commands: readonly Command[]) {
  const [only = [], ...more] = commands;
  if (more.length === 0 && !shows(only)) {
    const failed = await runIp(host, [...begin, ...only]).then(
      () => undefined,
      (error: unknown): Failed => ({ number: 0, error }),
    );
    return { lists: [], failed };
  }
  const argv = [...begin, ...listing, "-batch", "-"];
  const lines = commands.flatMap((command) => (shows(command) ? [command] : [command, marker]));
  const result = await host.run(argv, { input: batchLines(lines), accept: "any" });
  const { exitCode, stdout, stderr } = withoutBinds(result);
  // If the process was killed, or did not start, nobody knows which commands ran.
  const isExplained = [0, 1, 2, 255].includes(exitCode) && !isBeforeAll(stderr);
  // Each command has printed one list: its own, or the marker's.
  const printed = isExplained ? parseLists(stdout) : [];
  // A list that changed while the kernel printed it must be read again, but not here.
  const isWhole = !stderr.includes("Dump was interrupted");
  const lists = isWhole ? printed.filter((_, index) => shows(commands[index] ?? [])) : [];
  if (exitCode === 0) return { lists };
  const [line = "", number] = /^Command failed -:(\d+)\n/m.exec(stderr) ?? [];
  // A wrong argument makes ip exit with 255, without a line number.
  const before = number ? lines.slice(0, Number(number) - 1).filter((each) => each !== marker).length : printed.length;
  const command = isExplained && (number || exitCode === 255) ? commands[before] : undefined;
  if (!command) throw commandError(argv, { exitCode, stderr });
  const cause = { exitCode, stderr: stderr.replace(line, "") };
  const failed: Failed = { number: before, error: commandError([...begin, ...command], cause) };
  return { lists, failed };
}

/** Was the namespace missing? Then no command ran. */
function isBeforeAll(stderr: string): boolean {
  return /^(Cannot open|setting the) network namespace/m.test(stderr);
}

/** The last two occur if the link disappears after ip has found it by name, before ip requests it by number. */
const absent =
  /^((Device "[^"]*" does not exist\.|Command failed -:\d+|(RTNETLINK answers|Cannot send link request): No such device)\n)+$/;

/** Runs commands and returns their lists; nothing for a link that does not exist. */
export async function ipShow(host: Host, netns: string | undefined, commands: readonly Command[]): Promise<List[]> {
  const [only = [], ...more] = commands;
  const begin = [...ipIn(netns), ...listing];
  const argv = more.length === 0 ? [...begin, ...only] : [...begin, "-force", "-batch", "-"];
  const input = more.length === 0 ? {} : { input: batchLines(commands) };
  const result = await runIp(host, argv, { accept: [0, 1], ...input });
  if (result.exitCode !== 0 && !absent.test(result.stderr)) throw commandError(argv, result);
  return parseLists(result.stdout);
}

/** Parses lists that are printed one after the other. */
function parseLists(stdout: string): List[] {
  return parseJson(`[${stdout.trim().replace(/\]\n\[/g, "],[")}]`) as List[];
}

const counters = new WeakMap<Host, (name: string) => Promise<boolean>>();

/** The processes in a named network namespace. */
export async function netnsPids(host: Host, name: string): Promise<readonly string[]> {
  if (host.isLocal) {
    const all = usesReadCache()
      ? await cached(host, "processes", async () => processesByNamespace())
      : processesByNamespace();
    return processesIn(pathOf(name), all);
  }
  const none = getOrCreate(counters, host, () => coalesce((names: readonly string[]) => areEmpty(host, names)));
  if (await none(name)) return [];
  const { stdout } = await host.run(["ip", "netns", "pids", name]);
  return stdout.split("\n").filter(Boolean);
}

/** True: all these namespaces have no process. False: at least one of them may have some. */
async function areEmpty(host: Host, names: readonly string[]): Promise<boolean> {
  if (names.length === 1) return false;
  const input = batchLines(names.map((name) => ["netns", "pids", name]));
  const { exitCode, stdout } = await host.run(["ip", "-batch", "-"], { input, accept: "any" });
  return exitCode === 0 && stdout === "";
}

/** In a line of a batch, spaces, quotes, "#" and backslashes have another meaning than in arguments. */
function requireBatchWords(words: Command): void {
  const strange = words.find((word) => !/^[\w.:/@$+,[\]-]+$/.test(word));
  if (strange !== undefined) throw new TypeError(`not allowed in a batch of commands: ${JSON.stringify(strange)}`);
}

export function batchLines(commands: readonly Command[]): string {
  return commands
    .map((words) => {
      requireBatchWords(words);
      return `${words.join(" ")}\n`;
    })
    .join("");
}
