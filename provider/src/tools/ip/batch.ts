import type { Host } from "../../host";
import { coalesce, getOrCreate } from "../../host/coalesce";
import { processesIn } from "../../host/files";
import { commandError } from "../../host/host";
import { ipIn, pathOf, runIp } from "./ip";

/** The arguments of one `ip`. */
type Command = readonly string[];
/** Commands that are run one after the other, up to the first that fails. */
type Request = readonly Command[];
/** What a command that shows something lists. */
type List = readonly unknown[];
type Answer = { readonly lists: readonly List[] } | { readonly error: unknown };

/** Every list tells all that ip knows, numbers in place of names. */
const listing = ["-N", "-j", "-d"];

const namespaces = new WeakMap<Host, Map<string, (request: Request) => Promise<Map<Request, Answer>>>>();

/**
 * Changes a namespace, or the host's own, and returns the lists of those commands that show something; none where ip did
 * not tell all. What is asked for while a change is under way is done by one process.
 */
export async function ipAll(
  host: Host,
  netns: string | undefined,
  request: Request,
  options: readonly string[] = [],
): Promise<readonly List[]> {
  if (request.length === 0) return [];
  const begin = [...ipIn(netns), ...options];
  const ofHost = getOrCreate(namespaces, host, () => new Map());
  const one = getOrCreate(ofHost, begin.join(" "), () =>
    coalesce((requests: readonly Request[]) => change(host, begin, requests)),
  );
  const answer = (await one(request)).get(request);
  if (answer && "error" in answer) throw answer.error;
  return answer?.lists ?? [];
}

/** What fails ends its own request; those behind it are done all the same. */
async function change(host: Host, begin: Command, requests: readonly Request[]): Promise<Map<Request, Answer>> {
  const answers = new Map<Request, Answer>();
  let rest = requests;
  while (rest.length > 0) {
    const { lists, failed } = await run(host, begin, rest.flat());
    let [begun, listed] = [0, 0];
    for (const request of rest) {
      begun += request.length;
      if (failed && failed.number < begun) {
        answers.set(request, failed);
        break;
      }
      const own = lists.slice(listed, listed + request.filter(shows).length);
      listed += own.length;
      answers.set(request, { lists: own });
    }
    rest = rest.filter((request) => !answers.has(request));
  }
  return answers;
}

function shows([_object, verb]: Command): boolean {
  return verb === "show";
}

/** What the commands listed, and the number of the one that failed, from 0. */
async function run(host: Host, begin: Command, commands: readonly Command[]) {
  const [only = [], ...more] = commands;
  if (more.length === 0 && !shows(only)) {
    const failed = await runIp(host, [...begin, ...only]).then(
      () => undefined,
      (error: unknown) => ({ number: 0, error }),
    );
    return { lists: [], failed };
  }
  const argv = [...begin, ...listing, "-batch", "-"];
  const { exitCode, stdout, stderr } = await host.run(argv, { input: batchLines(commands), accept: "any" });
  // What changed while the kernel told it can be asked for again, but not here.
  const lists = () => (stderr.includes("Dump was interrupted") ? [] : parseLists(stdout));
  if (exitCode === 0) return { lists: lists() };
  const [line = "", told] = /^Command failed -:(\d+)\n/m.exec(stderr) ?? [];
  const number = Number(told) - 1;
  const failed = commands[number];
  // Of what did not end by itself nobody knows how far it came.
  if (!failed) throw commandError(argv, { exitCode, stdout, stderr });
  const result = { exitCode, stdout: "", stderr: stderr.replace(line, "") };
  return { lists: lists(), failed: { number, error: commandError([...begin, ...failed], result) } };
}

/** The last two: it went between being found by name and being asked for by number. */
const absent =
  /^((Device "[^"]*" does not exist\.|Command failed -:\d+|(RTNETLINK answers|Cannot send link request): No such device)\n)+$/;

/** The lists that the commands print, one after the other: none for a link that does not exist. */
export async function ipShow(host: Host, netns: string | undefined, commands: readonly Command[]): Promise<List[]> {
  const [only = [], ...more] = commands;
  const begin = [...ipIn(netns), ...listing];
  const argv = more.length === 0 ? [...begin, ...only] : [...begin, "-force", "-batch", "-"];
  const input = more.length === 0 ? {} : { input: batchLines(commands) };
  const result = await runIp(host, argv, { accept: [0, 1], ...input });
  if (result.exitCode !== 0 && !absent.test(result.stderr)) throw commandError(argv, result);
  return parseLists(result.stdout);
}

/** One list behind the other. */
function parseLists(stdout: string): List[] {
  return JSON.parse(`[${stdout.trim().replace(/\]\n\[/g, "],[")}]`);
}

const counters = new WeakMap<Host, (name: string) => Promise<boolean>>();

/** The processes in a named network namespace. */
export async function netnsPids(host: Host, name: string): Promise<string[]> {
  if (host.isLocal) return processesIn(pathOf(name));
  const none = getOrCreate(counters, host, () => coalesce((names: readonly string[]) => areEmpty(host, names)));
  if (await none(name)) return [];
  const { stdout } = await host.run(["ip", "netns", "pids", name]);
  return stdout.split("\n").filter(Boolean);
}

/** Is it known that no process is in any of them? Where one is, the answer does not say. */
async function areEmpty(host: Host, names: readonly string[]): Promise<boolean> {
  if (names.length === 1) return false;
  const input = batchLines(names.map((name) => ["netns", "pids", name]));
  const { exitCode, stdout } = await host.run(["ip", "-batch", "-"], { input, accept: "any" });
  return exitCode === 0 && stdout === "";
}

function batchLines(commands: readonly Command[]): string {
  // Blanks, quotes, "#" and backslashes would be read otherwise than in arguments.
  const strange = commands.flat().find((word) => !/^[\w.:/@$-]+$/.test(word));
  if (strange !== undefined) throw new TypeError(`no word for a list of commands: ${strange}`);
  return commands.map((words) => `${words.join(" ")}\n`).join("");
}
