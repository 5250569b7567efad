import { isDeepStrictEqual } from "node:util";
import type { Host } from "../../host";
import { environment as baseEnvironment } from "../../host/host";
import { pathOf } from "../../host/netns";
import { readInodes, readLinks } from "../../tools/proc";
import { readWords } from "../../tools/process";
import { markVariables } from "./process-mark";
import { observeUser } from "./process-user";

interface Args {
  readonly netns?: string | undefined;
  readonly user?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** The inode of the network namespace that a process is in. */
export async function netnsInodeOf(host: Host, pid: number): Promise<number | undefined> {
  const path = `/proc/${pid}/ns/net`;
  return (await readInodes(host, [path])).get(path);
}

/**
 * The namespace that a process was started in, as an input: its name, or `net:[INODE]` if it has no name any more, or
 * another one.
 */
export async function observeNetns(
  host: Host,
  { netns }: Args,
  inode: number | undefined,
): Promise<string | undefined> {
  const selfPath = "/proc/self/ns/net";
  const named = netns === undefined ? selfPath : pathOf(netns);
  const inodes = await readInodes(host, [selfPath, named]);
  if (inode === inodes.get(named)) return netns;
  return inode === inodes.get(selfPath) ? undefined : `net:[${inode}]`;
}

/** What the process was started with, as far as the kernel shows it. A process can change all of it. */
export async function observeStart(host: Host, args: Args, pid: number): Promise<object> {
  const directory = `/proc/${pid}/cwd`;
  const command = await readWords(host, pid, "cmdline");
  const variables = await readWords(host, pid, "environ");
  const workingDirectory = (await readLinks(host, [directory])).get(directory);
  return {
    user: await observeUser(host, args.user, pid),
    ...(command && { command }),
    ...(workingDirectory !== undefined && { workingDirectory }),
    ...(variables && { environment: environmentIn(variables, args.environment) }),
  };
}

/** The variables without those that every process gets. If they match the wanted ones, those are returned. */
function environmentIn(variables: readonly string[], wanted: Args["environment"]): Args["environment"] {
  const all = variables.map((each): [string, string] => {
    const sign = each.indexOf("=");
    return [each.slice(0, sign), each.slice(sign + 1)];
  });
  const environment = Object.fromEntries(all.filter(([name]) => !markVariables.includes(name)));
  if (isDeepStrictEqual(environment, { ...baseEnvironment, ...wanted })) return wanted;
  const base: Readonly<Record<string, string>> = baseEnvironment;
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => base[name] !== value));
}
