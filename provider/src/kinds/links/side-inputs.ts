import { isDeepStrictEqual } from "node:util";
import { LocalnetError, undefinedWithoutNetns } from "../../errors";
import { type Host, withoutReadCache } from "../../host";
import { requireTools, type Tool } from "../../host/requirements";
import { type Link, showLink } from "../../tools/ip/links";
import { addrgenmode } from "./addrgenmode";
import { impairment } from "./impairment";
import { offloads } from "./offloads";
import type { LinkArgs } from "./options";
import { speed } from "./speed";
import { vlans } from "./vlans";
import { wireguard } from "./wireguard-side";

/** What another command than the one that shows a link with its addresses shows or sets. It is run for those alone who ask for that, or did. */
export interface SideInput {
  readonly tool: Tool;
  /** Could the link have any of it? Then a link of which nothing is recorded is looked at. */
  isPossibleOn(link: Link): boolean;
  /** What inputs say of it. */
  valueIn(args: SideArgs | undefined): unknown;
  /** What the command shows, to be added to what ip shows; without what the kernel chose, where nobody asked. */
  show(host: Host, netns: string | undefined, link: Link, isRequested: boolean, inputs: Inputs): Promise<Partial<Link>>;
  /** Brings about the value; undefined: what the kernel has when nobody asks, as `before` somebody did. Returns whether it changed anything. */
  change(host: Host, netns: string | undefined, link: Link, value: unknown, before: unknown): Promise<boolean>;
}

type SideArgs = LinkArgs & { readonly owner?: string; readonly vlans?: unknown; readonly imported?: boolean };

interface Inputs {
  readonly args: SideArgs;
  readonly recorded: SideArgs | undefined;
}

const sideInputs: readonly SideInput[] = [addrgenmode, vlans, offloads, speed, impairment, wireguard];

/** A link with what other commands show of it; undefined when it went away since ip showed it. */
export async function showSides(
  host: Host,
  args: SideArgs,
  recorded: SideArgs | undefined,
  link: Link,
  sides: readonly SideInput[] = sideInputs,
): Promise<Link | undefined> {
  let whole = link;
  for (const side of sides) {
    const isRequested = [args, recorded].some((each) => side.valueIn(each) !== undefined);
    const isUnknown = (!recorded || recorded.imported) && side.isPossibleOn(link);
    if (!isRequested && !(isUnknown && (await hasTool(host, side.tool)))) continue;
    if (isRequested) await requireTools(host, [side.tool]);
    try {
      whole = { ...whole, ...(await side.show(host, args.netns, link, isRequested, { args, recorded })) };
    } catch (error) {
      if (await isThere(host, args.netns, link)) throw error;
      return undefined;
    }
  }
  return whole;
}

/** Is a link still there? It goes with its far end, whose namespace another resource may remove meanwhile. */
async function isThere(host: Host, netns: string | undefined, { ifname, ifindex }: Link): Promise<boolean> {
  const now = await undefinedWithoutNetns(() => withoutReadCache(() => showLink(host, netns, ifname)));
  return now?.ifindex === ifindex;
}

/** Brings about what other commands set; `link` is as ip shows it after its own changes, if it made any. */
export async function ensureSides(
  host: Host,
  args: SideArgs,
  recorded: SideArgs | undefined,
  link: Link | undefined,
  observed: object | undefined,
  sides: readonly SideInput[] = sideInputs,
): Promise<Link | undefined> {
  const isConcerned = (side: SideInput) => [args, recorded].some((each) => side.valueIn(each) !== undefined);
  const concerned = sides.filter(isConcerned);
  const isAsWanted = (side: SideInput) => {
    const [want, was, have] = [args, recorded, observed as SideArgs | undefined].map((each) => side.valueIn(each));
    return isDeepStrictEqual(want, have) || (isDeepStrictEqual(want, was) && isMatch(want, have));
  };
  if (concerned.length === 0 || (!link && concerned.every(isAsWanted))) return link;
  const now = link ?? (await showLink(host, args.netns, args.name));
  const gone = () => new LocalnetError("LN_VERIFY", `link ${args.name} went away meanwhile`);
  if (!now) throw gone();
  const whole = await showSides(host, args, recorded ?? args, now, sides);
  if (!whole) throw gone();
  const bringAbout = (side: SideInput, now: Link) =>
    side.change(host, args.netns, now, side.valueIn(args), side.valueIn(recorded));
  let changed = false;
  for (const side of concerned) changed = (await bringAbout(side, whole)) || changed;
  return changed ? showSides(host, args, recorded ?? args, now, sides) : whole;
}

/** Has an object all that another has? */
function isMatch(want: unknown, have: unknown): boolean {
  const entries = typeof want === "object" && want !== null && !Array.isArray(want) ? Object.entries(want) : undefined;
  return entries?.every(([key, value]) => (have as Record<string, unknown> | undefined)?.[key] === value) ?? false;
}

/** A link that nobody ever asked this of needs no such command. */
async function hasTool(host: Host, tool: Tool): Promise<boolean> {
  return requireTools(host, [tool]).then(
    () => true,
    () => false,
  );
}
