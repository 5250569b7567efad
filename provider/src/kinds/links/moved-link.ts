import { addShare, eraseShare, readShares } from "../../core/ledger";
import { isMark } from "../../core/mark";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { netnsFileExists } from "../../host/netns";
import { at } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { cidrOf, isKernelsAddress } from "../../tools/ip/link-addresses";
import { type Link, showLink } from "../../tools/ip/links";
import { showAllRoutes } from "../../tools/ip/routes";
import { hostNamespace } from "./created-in";
import type { ExistingArgs } from "./existing-link-args";

// A link that is moved into another namespace. The kernel does not tell where it was: the ledger does.

type Place = Pick<ExistingArgs, "name" | "netns">;
type MovedArgs = Place & { readonly from: string; readonly owner: string };

const placeOf = ({ name, netns }: Place) => ({ netns, what: `move of ${at(name, netns)}` });
const originOf = (from: string) => (from === hostNamespace ? undefined : from);

/** Did one of the owners move it? */
export async function isMovedBy(host: Host, args: Place, owners: readonly (string | undefined)[]): Promise<boolean> {
  return (await readShares(host, placeOf(args))).some(({ owner }) => owners.includes(owner));
}

/** Moves the link unless it is moved already. Returns whether it did. */
export async function moveIn(host: Host, args: MovedArgs, former: string | undefined): Promise<boolean> {
  const { name, netns, from, owner } = args;
  const place = placeOf(args);
  const share = (await readShares(host, place)).find((each) => [owner, former].includes(each.owner));
  if (await showLink(host, netns, name)) {
    if (!share) throw missing(args, "it is in the other one already; without `from`, it stays there");
    if (share.owner === owner) return false;
    await addShare(host, place, { ...share, owner });
    await eraseShare(host, place, share.owner);
    return false;
  }
  const origin = originOf(from);
  const link = await showLink(host, origin, name);
  if (!link) throw missing(args);
  await requireMovable(host, args, link);
  // First, because the kernel does not tell of a run that dies behind it.
  // One that was moved back by hand is down, whatever it was before.
  await addShare(host, place, { owner, before: share?.before ?? { up: link.flags.includes("UP") } });
  try {
    await move(host, name, origin, netns);
  } catch (error) {
    if (!(await showLink(host, netns, name))) await eraseShare(host, place, owner);
    throw error;
  }
  return true;
}

/** Moves it back, and sets it up if it was. Without the former namespace it stays. */
export async function moveBack(host: Host, args: MovedArgs): Promise<void> {
  const { name, netns, from, owner } = args;
  const share = (await readShares(host, placeOf(args))).find((each) => each.owner === owner);
  const origin = originOf(from);
  if (share && (origin === undefined || (await netnsFileExists(host, origin)))) {
    const { up } = (share.before ?? {}) as { up?: boolean };
    // In one command, because a run that dies in between could not tell any more.
    await move(host, name, netns, origin, up ? ["up"] : []);
  }
  await forgetMove(host, args);
}

export async function forgetMove(host: Host, args: Place & { readonly owner: string }): Promise<void> {
  await eraseShare(host, placeOf(args), args.owner);
}

async function move(
  host: Host,
  name: string,
  from: string | undefined,
  to: string | undefined,
  more: readonly string[] = [],
): Promise<void> {
  await ipAll(host, from, [["link", "set", "dev", name, "netns", to ?? (await hostNamespacePath(host)), ...more]]);
}

/** A path to the host's own namespace that leads there from another one too: that of the process which runs commands. */
async function hostNamespacePath(host: Host): Promise<string> {
  const { stdout: stat } = await host.run(["cat", "/proc/self/stat"]);
  // The parent's number is the second word behind the name, which may have any characters.
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const path = `/proc/${parent}/ns/net`;
  const { stdout } = await host.run(["readlink", path, "/proc/self/ns/net"], { accept: "any" });
  const [parentNamespace, selfNamespace] = stdout.split("\n");
  if (parentNamespace !== undefined && parentNamespace === selfNamespace) return path;
  throw new LocalnetError("LN_PERMISSION", "from: no process of ours shows the host's own network namespace", {
    hint: "name both namespaces, or run as root",
  });
}

function missing({ name, from }: MovedArgs, hint?: string): LocalnetError {
  const what = `from: there is no link ${at(name, originOf(from))}`;
  return new LocalnetError("LN_MISSING", what, { mayPass: true, ...(hint !== undefined && { hint }) });
}

/** The kernel takes away much of a link that moves: what cannot be put back must not be there. */
async function requireMovable(host: Host, { name, from }: MovedArgs, link: Link): Promise<void> {
  const origin = originOf(from);
  const refuse = (what: string) =>
    new LocalnetError("LN_EXISTS", `from: ${at(name, origin)} has ${what}, which a move would take away`, {
      hint: "take it away first, or declare it in the other namespace",
    });
  if (isMark(link.ifalias ?? ""))
    throw new LocalnetError("LN_EXISTS", `from: another resource makes ${at(name, origin)}`, {
      hint: "make it in the namespace that it is for",
    });
  const address = link.addr_info.find((each) => !isKernelsAddress(link, each));
  if (address) throw refuse(`the address ${cidrOf(address)}`);
  if (link.master !== undefined) throw refuse(`the master ${link.master}`);
  const routes = (await Promise.all(([4, 6] as const).map((family) => showAllRoutes(host, origin, family)))).flat();
  const route = routes.find(({ dev, protocol }) => dev === name && protocol !== kernelProtocol);
  if (route) throw refuse(`the route to ${route.dst}`);
  if (!usualDisciplines.includes(link.qdisc ?? "noop")) throw refuse(`a queueing discipline, ${link.qdisc}`);
}

const kernelProtocol = "2";
/** What the kernel gives a link by itself. */
const usualDisciplines = ["noop", "noqueue", "mq", "pfifo_fast", "fq_codel", "fq", "pfifo"];
