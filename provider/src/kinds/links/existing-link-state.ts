import { readShares } from "../../core/ledger";
import { isMark, ownerIn } from "../../core/mark";
import type { Host } from "../../host";
import { at } from "../../schema/fields";
import { changeSpeed, showSpeed } from "../../tools/ethtool-speed";
import { type Link, linkIncarnation } from "../../tools/ip/links";
import { modeOf } from "./addrgenmode";
import { ensureLink } from "./ensure";
import { type ExistingArgs, existingInputs } from "./existing-link-args";
import { flat, keptAddresses, nested, noLongerWanted, type Share, shareOf, type Wanted } from "./existing-link-shares";
import { type ObservedLink, observedLink } from "./link";
import type { LinkArgs } from "./options";
import { speedIn, speedKeys } from "./speed";
import { requireLink } from "./usable";

// The state of an existing link, what resources want of it, and the changes from one to the other.

type Name = Pick<ExistingArgs, "name" | "netns">;

/** Where the ledger keeps the values from before. */
export function placeOf({ name, netns }: Name) {
  return {
    netns,
    what: `Link ${at(name, netns)}`,
    incarnation: (host: Host) => linkIncarnation(host, netns, name),
  };
}

export function wantedOf(args: object): Wanted {
  return flat(args, existingInputs);
}

interface Holders {
  readonly mine: Share | undefined;
  readonly others: readonly Share[];
  readonly all: readonly Share[];
}

/** The resources that share the link. After a rename, what the former name wanted is ours. */
export async function holdersOf(host: Host, args: Name & { readonly owner: string }, owner: string): Promise<Holders> {
  const all = (await readShares(host, placeOf(args))).map(shareOf);
  const ours = [args.owner, owner];
  return {
    mine: all.find((each) => each.owner === args.owner) ?? all.find((each) => each.owner === owner),
    others: all.filter((each) => !ours.includes(each.owner)),
    all,
  };
}

/** A link as it is. With `holders` it includes the values to restore for inputs that are no longer wanted. */
export async function observedOf(host: Host, args: ExistingArgs, link: Link, holders?: Holders) {
  const { owner: _, inputs: existing, ...rest } = observedLink(link, args.owner);
  const { mine, others = [] } = holders ?? {};
  const request = wantedOf(args);
  const kept = keptAddresses(mine, request, others);
  // ip shows the mode only in a list of links, not in one of addresses.
  const isRequested = "addrgenmode" in request || (mine && "addrgenmode" in mine.value);
  const hasSpeed = speedKeys.some((key) => key in request || (mine && key in mine.value));
  const speed = hasSpeed ? await showSpeed(host, args.netns, args.name) : {};
  const mode = isRequested ? await modeOf(host, args.netns, args.name) : undefined;
  // lo has the mark of its namespace.
  const alias = link.ifname === "lo" ? "" : (link.ifalias ?? "");
  return {
    ...rest,
    ...(isMark(alias) && { owner: ownerIn(alias, ""), otherKind: true }),
    inputs: {
      ...existing,
      from: args.from,
      addresses: existing.addresses.filter((each) => !kept.includes(each)),
      addrgenmode: mode ?? existing.addrgenmode,
      ...speed,
    },
    detail: { ...rest.detail, former: nested(noLongerWanted(mine, request, others)) },
  };
}

/** After a failure, restores the values that were to be changed. */
export async function undo(
  host: Host,
  args: ExistingArgs,
  existing: Awaited<ReturnType<typeof observedOf>>,
  changed: Wanted,
): Promise<void> {
  const now = await observedOf(host, args, await requireLink(host, args));
  const before = flat(existing.inputs, existingInputs);
  const wanted = Object.fromEntries(Object.keys(changed).map((path) => [path, before[path] ?? null]));
  const addresses = existing.inputs.addresses.filter((each) =>
    (changed.addresses as string[] | undefined)?.includes(each),
  );
  const added = now.inputs.addresses.filter((each) => !existing.inputs.addresses.includes(each));
  const mine = { owner: args.owner, value: { addresses: [...addresses, ...added] }, before: {} };
  await apply(host, args, now, { ...wanted, addresses }, { mine, others: [], all: [] });
}

/** Sets the wanted values, and restores those that are no longer wanted. */
export async function apply(
  host: Host,
  { name, netns, owner }: ExistingArgs,
  existing: Awaited<ReturnType<typeof observedOf>>,
  request: Wanted,
  { mine, others }: Holders,
): Promise<void> {
  const { inputs, detail, outputs } = existing;
  const wanted = nested({ ...noLongerWanted(mine, request, others), ...request });
  const kept = keptAddresses(mine, request, others);
  const before = (mine?.value.addresses ?? []) as string[];
  // The link has no mark, and gets none.
  const observed = { inputs, outputs, owner, detail: { ...detail, group: undefined, hasAlias: true } } as ObservedLink;
  const target = { master: inputs.master, ...wanted, name, netns } as LinkArgs;
  const addresses = before.filter((each) => !kept.includes(each));
  await ensureLink(host, target, owner, [], observed, { name, netns, addresses });
  await changeSpeed(host, netns, name, inputs, speedIn(wanted) ?? {});
}
