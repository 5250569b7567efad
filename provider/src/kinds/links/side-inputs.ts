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

/**
 * An input that another command shows and sets than the one that lists links with their addresses. The command only runs for
 * links with this input, now or before.
 */
export interface SideInput {
  readonly tool: Tool;
  /** Could the link have such a value? If so, a link without a record is read too. */
  isPossibleOn(link: Link): boolean;
  /** The value in the inputs. */
  valueIn(args: SideArgs | undefined): unknown;
  /** The values that the command shows, to be added to those of ip. Without the kernel's choices if the input was not given. */
  show(host: Host, netns: string | undefined, link: Link, isRequested: boolean, inputs: Inputs): Promise<Partial<Link>>;
  /**
   * Sets the value; undefined: the kernel's default, if there was a wanted value `before`. Returns whether it changed
   * anything.
   */
  change(host: Host, netns: string | undefined, link: Link, value: unknown, before: unknown): Promise<boolean>;
}

type SideArgs = LinkArgs & { readonly owner?: string; readonly vlans?: unknown; readonly imported?: boolean };

interface Inputs {
  readonly args: SideArgs;
  readonly recorded: SideArgs | undefined;
}

const sideInputs: readonly SideInput[] = [addrgenmode, vlans, offloads, speed, impairment, wireguard];

/** A link with the values that other commands show; undefined: it has disappeared in the meantime. */
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

/** Does the link still exist? It disappears with its other end, whose namespace another resource may be removing. */
async function isThere(host: Host, netns: string | undefined, { ifname, ifindex }: Link): Promise<boolean> {
  const now = await undefinedWithoutNetns(() => withoutReadCache(() => showLink(host, netns, ifname)));
  return now?.ifindex === ifindex;
}

/** Sets the inputs of other commands. `link`: the link after the changes by ip, if there were any. */
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
  const gone = () => new LocalnetError("LN_VERIFY", `link ${args.name} disappeared in the meantime`);
  if (!now) throw gone();
  const whole = await showSides(host, args, recorded ?? args, now, sides);
  if (!whole) throw gone();
  const bringAbout = (side: SideInput, now: Link) =>
    side.change(host, args.netns, now, side.valueIn(args), side.valueIn(recorded));
  let changed = false;
  for (const side of concerned) changed = (await bringAbout(side, whole)) || changed;
  return changed ? showSides(host, args, recorded ?? args, now, sides) : whole;
}

/** Does one object have all values of the other? */
function isMatch(want: unknown, have: unknown): boolean {
  const entries = typeof want === "object" && want !== null && !Array.isArray(want) ? Object.entries(want) : undefined;
  return entries?.every(([key, value]) => (have as Record<string, unknown> | undefined)?.[key] === value) ?? false;
}

/** A missing command is only an error for links that need it. */
async function hasTool(host: Host, tool: Tool): Promise<boolean> {
  return requireTools(host, [tool]).then(
    () => true,
    () => false,
  );
}
