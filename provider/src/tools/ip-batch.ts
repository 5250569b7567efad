import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { commandError } from "../host/host";
import { getOrMake, together } from "../together";
import { ipIn, runIp } from "./ip";

/** The arguments of one `ip`. */
type Command = readonly string[];
/** Commands that are run one after the other, up to the first that fails. */
type Request = readonly Command[];

const namespaces = new WeakMap<Host, Map<string, (request: Request) => Promise<Map<Request, unknown>>>>();

/** Changes a namespace, or the host's own. What is asked for while a change is under way is done by one process. */
export async function ipAll(host: Host, netns: string | undefined, request: Request): Promise<void> {
  if (request.length === 0) return;
  const ofHost = getOrMake(namespaces, host, () => new Map());
  const one = getOrMake(ofHost, netns ?? "", () =>
    together((requests: readonly Request[]) => change(host, netns, requests)),
  );
  const failures = await one(request);
  if (failures.has(request)) throw failures.get(request);
}

/** What fails ends its own request; those behind it are done all the same. */
async function change(host: Host, netns: string | undefined, requests: readonly Request[]) {
  const failures = new Map<Request, unknown>();
  let rest = requests;
  while (rest.length > 0) {
    const failed = await run(host, netns, rest.flat());
    if (!failed) break;
    let before = failed.number;
    const which = rest.findIndex(({ length }) => {
      before -= length;
      return before < 0;
    });
    failures.set(rest[which] as Request, failed.error);
    rest = rest.slice(which + 1);
  }
  return failures;
}

/** The number of the command that failed, from 0. */
async function run(host: Host, netns: string | undefined, commands: readonly Command[]) {
  const [only = [], ...more] = commands;
  try {
    if (more.length === 0) await runIp(host, [...ipIn(netns), ...only]);
    else await host.run([...ipIn(netns), "-batch", "-"], { input: lines(commands) });
    return undefined;
  } catch (error) {
    if (more.length === 0) return { number: 0, error };
    const ran = error instanceof LocalnetError ? error.ran : undefined;
    const [line = "", told] = /^Command failed -:(\d+)\n/m.exec(ran?.stderr ?? "") ?? [];
    const number = Number(told) - 1;
    const failed = commands[number];
    // Of what did not end by itself nobody knows how far it came.
    if (!ran || !failed) throw error;
    const { exitCode = 1, stderr = "" } = ran;
    const result = { exitCode, stdout: "", stderr: stderr.replace(line, "") };
    return { number, error: commandError([...ipIn(netns), ...failed], result) };
  }
}

const absent = /^((Device "[^"]*" does not exist\.|Command failed -:\d+)\n)+$/;

/** The lists that the commands print, one after the other: none for a link that does not exist. */
export async function ipShow(
  host: Host,
  netns: string | undefined,
  options: readonly string[],
  commands: readonly Command[],
): Promise<unknown[][]> {
  const [only = [], ...more] = commands;
  const begin = [...ipIn(netns), "-j", "-d", ...options];
  const argv = more.length === 0 ? [...begin, ...only] : [...begin, "-force", "-batch", "-"];
  const input = more.length === 0 ? {} : { input: lines(commands) };
  const result = await runIp(host, argv, { accept: [0, 1], ...input });
  if (result.exitCode !== 0 && !absent.test(result.stderr)) throw commandError(argv, result);
  return JSON.parse(`[${result.stdout.trim().replace(/\]\n\[/g, "],[")}]`) as unknown[][];
}

const counters = new WeakMap<Host, (name: string) => Promise<boolean>>();

/** The processes in a named network namespace. */
export async function netnsPids(host: Host, name: string): Promise<string[]> {
  const none = getOrMake(counters, host, () => together((names: readonly string[]) => areEmpty(host, names)));
  if (await none(name)) return [];
  const { stdout } = await host.run(["ip", "netns", "pids", name]);
  return stdout.split("\n").filter(Boolean);
}

/** Is it known that no process is in any of them? Where one is, the answer does not say. */
async function areEmpty(host: Host, names: readonly string[]): Promise<boolean> {
  if (names.length === 1) return false;
  const input = lines(names.map((name) => ["netns", "pids", name]));
  const { exitCode, stdout } = await host.run(["ip", "-batch", "-"], { input, accept: "any" });
  return exitCode === 0 && stdout === "";
}

function lines(commands: readonly Command[]): string {
  // Blanks, quotes, "#" and backslashes would be read otherwise than in arguments.
  const strange = commands.flat().find((word) => !/^[\w.:/@$-]+$/.test(word));
  if (strange !== undefined) throw new TypeError(`no word for a list of commands: ${strange}`);
  return commands.map((words) => `${words.join(" ")}\n`).join("");
}
