import { addShare, eraseShare, readShares } from "../../core/ledger";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pathOf } from "../../host/netns";
import { ipAll } from "../../tools/ip/batch";
import { readInodes } from "../../tools/proc";
import { readProcesses } from "../../tools/process";
import { beginNamespace, creationEntry } from "./namespace";

// Names for the namespace of a process, such as a container's. The namespace has no mark, because only the name is ours; the
// ledger records the owner of the name.

interface Attaching {
  readonly name: string;
  readonly owner: string;
  readonly pid: number;
}

/** The process and the namespace at that time. Both pid and inode may belong to others later. */
interface Attachment {
  readonly pid: number;
  readonly startTime: number;
  readonly bootId: string;
  readonly inode: number;
}

/** The attachment in the ledger for an existing name; undefined: the name is not ours, or now names another namespace. */
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

/** Is the attached process still in the namespace? */
export async function hasProcess(host: Host, { pid, startTime, bootId, inode }: Attachment): Promise<boolean> {
  const now = await findAttachment(host, pid);
  return now !== undefined && now.startTime === startTime && now.bootId === bootId && now.inode === inode;
}

/** Does the name belong to the namespace of the process, no matter who made the name? */
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

/** `isThere`: the name exists already, and is adopted. */
export async function attach(host: Host, args: Attaching, isThere: boolean): Promise<void> {
  const { name, owner, pid } = args;
  const target = await requireProcess(host, args);
  const note = () => addShare(host, creationEntry(name), { owner, value: target });
  if (isThere) return void (await note());
  await beginNamespace(host, args, false, async (...commands) => {
    await note();
    if (commands.length > 0) await ipAll(host, undefined, [["netns", "attach", name, String(pid)]]);
  });
  // Before the command ran, the process may have ended, and another one may have got its pid.
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
    throw new LocalnetError("LN_PROCESS", `process ${pid} is not the same process as before`, {
      hint: "give the pid that the container has now",
    });
  const hostInode = (await readInodes(host, [networkOf("self")])).get(networkOf("self"));
  if (target.inode === hostInode)
    throw new LocalnetError("LN_INPUT", `process ${pid} is in the host's own network namespace`, {
      hint: "leave out netns for resources in the host's own namespace",
    });
  const names = (await host.run(["ip", "netns", "identify", String(pid)])).stdout.split("\n").filter(Boolean);
  const other = names.find((each) => each !== name);
  if (other !== undefined)
    throw new LocalnetError("LN_EXISTS", `the namespace of process ${pid} has a name already, ${other}`, {
      hint: "use that name",
    });
  return target;
}

function gone(pid: number): LocalnetError {
  const hint =
    "give the present pid of the container; it must be running, and root is needed if it belongs to another user";
  return new LocalnetError("LN_PROCESS", `there is no process ${pid}`, { hint });
}

function networkOf(pid: number | "self"): string {
  return `/proc/${pid}/ns/net`;
}
