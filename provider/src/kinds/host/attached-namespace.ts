import { addShare, eraseShare, readShares } from "../../core/ledger";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pathOf } from "../../host/netns";
import { ipAll } from "../../tools/ip/batch";
import { readInodes } from "../../tools/proc";
import { readProcesses } from "../../tools/process";
import { beginNamespace, creationEntry } from "./namespace";

// A namespace that a process has, such as a container's, under a name. It carries no mark, since it is not ours: only the
// name is, and the ledger tells that.

interface Attaching {
  readonly name: string;
  readonly owner: string;
  readonly pid: number;
}

/** Which process it was, and which namespace: both numbers can be another's later. */
interface Attachment {
  readonly pid: number;
  readonly startTime: number;
  readonly bootId: string;
  readonly inode: number;
}

/** What the ledger says of a name that is there; undefined: it is no such name of ours, or stands for another one by now. */
export async function readAttachment(
  host: Host,
  args: { readonly name: string; readonly owner: string },
): Promise<Attachment | undefined> {
  const attachment = await notedAttachment(host, args);
  if (!attachment) return undefined;
  const path = pathOf(args.name);
  return (await readInodes(host, [path])).get(path) === attachment.inode ? attachment : undefined;
}

async function notedAttachment(
  host: Host,
  { name, owner }: { readonly name: string; readonly owner: string },
): Promise<Attachment | undefined> {
  const entry = (await readShares(host, creationEntry(name))).find((each) => each.owner === owner);
  return entry?.value as Attachment | undefined;
}

/** Is the process that was attached still in it? */
export async function hasProcess(host: Host, { pid, startTime, bootId, inode }: Attachment): Promise<boolean> {
  const now = await findAttachment(host, pid);
  return now !== undefined && now.startTime === startTime && now.bootId === bootId && now.inode === inode;
}

/** Is a process in the namespace of a name, whoever gave that? */
export async function isNameOf(host: Host, { name, pid }: Pick<Attaching, "name" | "pid">): Promise<boolean> {
  const [path, process] = [pathOf(name), networkOf(pid)];
  const inodes = await readInodes(host, [path, process]);
  return inodes.has(path) && inodes.get(path) === inodes.get(process);
}

async function findAttachment(host: Host, pid: number): Promise<Attachment | undefined> {
  const { bootId, processes } = await readProcesses(host, [pid]);
  const inode = (await readInodes(host, [networkOf(pid)])).get(networkOf(pid));
  const startTime = processes[0]?.startTime;
  return startTime === undefined || inode === undefined ? undefined : { pid, startTime, bootId, inode };
}

/** `isThere`: the name is there already, and adopted. */
export async function attach(host: Host, args: Attaching, isThere: boolean): Promise<void> {
  const { name, owner, pid } = args;
  const target = await requireProcess(host, args);
  const note = () => addShare(host, creationEntry(name), { owner, value: target });
  if (isThere) return void (await note());
  await beginNamespace(host, args, false, async (...commands) => {
    await note();
    if (commands.length > 0) await ipAll(host, undefined, [["netns", "attach", name, String(pid)]]);
  });
  // Between the look and the command the process may have ended, and its number gone to another one.
  if (await readAttachment(host, args)) return;
  await ipAll(host, undefined, [["netns", "del", name]]);
  await eraseShare(host, creationEntry(name), owner);
  throw gone(pid);
}

async function requireProcess(host: Host, { name, owner, pid }: Attaching): Promise<Attachment> {
  const target = await findAttachment(host, pid);
  if (!target) throw gone(pid);
  const former = await notedAttachment(host, { name, owner });
  const isSame = former?.startTime === target.startTime && former.bootId === target.bootId;
  if (former?.pid === pid && !isSame)
    throw new LocalnetError("LN_PROCESS", `process ${pid} is another one than that whose namespace it was`, {
      hint: "give the pid that the container has now",
    });
  const ownInode = (await readInodes(host, [networkOf("self")])).get(networkOf("self"));
  if (target.inode === ownInode)
    throw new LocalnetError("LN_INPUT", `process ${pid} is in the host's own network namespace`, {
      hint: "leave out netns on what should be there",
    });
  const names = (await host.run(["ip", "netns", "identify", String(pid)])).stdout.split("\n").filter(Boolean);
  const other = names.find((each) => each !== name);
  if (other !== undefined)
    throw new LocalnetError("LN_EXISTS", `the namespace of process ${pid} has a name already, ${other}`, {
      hint: "use that one",
    });
  return target;
}

function gone(pid: number): LocalnetError {
  const hint = "give the pid that the container has now; it must run already, and that of another user needs root";
  return new LocalnetError("LN_PROCESS", `there is no process ${pid}`, { hint });
}

function networkOf(pid: number | "self"): string {
  return `/proc/${pid}/ns/net`;
}
