import type { Host } from "../host";
import { coalesce, getOrCreate } from "../host/coalesce";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";
import { batchLines } from "./ip/batch";
import { parseShown } from "./ipvsadm-parse";
import { type Service, type ServiceKey, serviceArgs } from "./ipvsadm-service";

// While one ipvsadm runs, later calls wait and share the next one: `ipvsadm -R` runs a command for each line of its input.

type Command = readonly string[];
type Answers<I, O> = Map<I, { readonly value: O } | { readonly error: unknown }>;

/** What ipvsadm prints of a command that was run before. */
const doneBefore = /already exists|No such (service|destination)|Service not defined/;

/** Changes a service or a backend. */
export const changeService = shared<Command, unknown>(async (host, netns, commands) => {
  const failures: Answers<Command, unknown> = new Map();
  const atOnce = commands.length > 1 ? await runAll(host, netns, commands) : undefined;
  if (atOnce?.exitCode === 0 && atOnce.stderr === "") return failures;
  // It went on after a command that failed, and does not tell which one that was.
  for (const command of commands) {
    const result = await runAll(host, netns, [command]);
    const [done] = doneBefore.exec(result.stderr) ?? [];
    const wasDone = atOnce !== undefined && done !== undefined && !atOnce.stderr.includes(done);
    if (result.exitCode !== 0 && !wasDone)
      failures.set(command, { error: commandError(enter(netns, ["ipvsadm", ...command]), result) });
  }
  return failures;
});

/** Reads one service; undefined: there is none. */
export const readService = shared<ServiceKey, Service | undefined>(async (host, netns, keys) => {
  const services: Answers<ServiceKey, Service | undefined> = new Map();
  let rest = keys;
  while (rest.length > 0) {
    const commands = rest.map((key) => ["-L", "-n", "--tun-info", ...serviceArgs(key)]);
    const result = await runAll(host, netns, commands);
    const lists = result.stdout.split(/^(?=Prot )/m).filter((list) => list.startsWith("Prot "));
    for (const [index, key] of rest.slice(0, lists.length).entries())
      services.set(key, { value: parseShown(key, lists[index] ?? "") });
    // It ends at a service that does not exist.
    const [missing, ...others] = rest.slice(lists.length);
    if (!missing) break;
    if (result.exitCode !== 1 || result.stderr.trim() !== "No such service")
      throw commandError(enter(netns, ["ipvsadm", ...(commands[lists.length] ?? [])]), result);
    rest = others;
  }
  return services;
});

function runAll(host: Host, netns: string | undefined, commands: readonly Command[]) {
  const [only = [], ...more] = commands;
  if (more.length === 0) return host.run(enter(netns, ["ipvsadm", ...only]), { accept: "any" });
  return host.run(enter(netns, ["ipvsadm", "-R"]), { input: batchLines(commands), accept: "any" });
}

/** A call that shares its process with others of the same namespace. */
function shared<I, O>(
  call: (host: Host, netns: string | undefined, items: readonly I[]) => Promise<Answers<I, O>>,
): (host: Host, netns: string | undefined, item: I) => Promise<O | undefined> {
  const calls = new WeakMap<Host, Map<string, (item: I) => Promise<Answers<I, O>>>>();
  return async (host, netns, item) => {
    const ofHost = getOrCreate(calls, host, () => new Map<string, (item: I) => Promise<Answers<I, O>>>());
    const one = getOrCreate(ofHost, netns ?? "", () => coalesce((items: readonly I[]) => call(host, netns, items)));
    const answer = (await one(item)).get(item);
    if (answer && "error" in answer) throw answer.error;
    return answer?.value;
  };
}
