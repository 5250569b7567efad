import { addShare, eraseShare, type Place, readShares } from "../../core/ledger";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { loadIpvs } from "../../tools/ipvsadm";
import { readSysctl } from "../../tools/sysctl";
import { sysctl } from "../host/sysctl";
import { claimParts, eraseClaims, layerOf, readClaims, takenError } from "./table-claims";
import { allSettings, layerFor, layerNames, layersOf, settingsOf } from "./table-modes";
import { type Change, digestOf, type Part } from "./table-parts";
import {
  compareWithKernel,
  isSetting,
  type Kernel,
  linesOf,
  partsOf,
  readKernel,
  settingArgs,
  settingParts,
  type TableArgs,
  type TableState,
} from "./table-state";

/** The parts whose owner only the ledger can name. */
export function claimsOf({ netns }: Pick<TableArgs, "netns">, parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (isSetting(part) ? [] : (layerFor(part.layer).claimOf(part, netns) ?? [])));
}

/** Where the ledger says which parts a table was last told to have: the state does not know it of a run that died. */
function lastPlace({ netns }: Pick<TableArgs, "netns">): Place {
  return { netns, what: "ServiceTable parts" };
}

const keysOf = (args: TableArgs) => digestOf(partsOf(args).map(({ key }) => key));

async function isLast(host: Host, made: TableArgs): Promise<boolean> {
  const entries = await readShares(host, lastPlace(made));
  const last = entries.find(({ owner }) => owner === made.owner)?.value;
  return last === undefined || last === keysOf(made);
}

export async function eraseLast(host: Host, args: TableArgs): Promise<void> {
  await eraseShare(host, lastPlace(args), args.owner);
}

/** Makes what is asked for. What is new is made before what was goes. */
export async function change(
  host: Host,
  args: TableArgs,
  made: TableArgs | undefined,
  wrong: ReadonlySet<string>,
): Promise<TableState> {
  const { netns, owner } = args;
  const wanted = partsOf(args);
  const isKnown = made !== undefined && (await isLast(host, made));
  const former = isKnown ? partsOf(made) : [];
  const claimed = isKnown ? new Set<string>() : await readClaims(host, made ?? args);
  const others = new Set([
    ...(made ? layersOf(made.mode) : []),
    ...[...claimed].flatMap((each) => layerOf(each) ?? []),
  ]);
  const kernel = await readKernel(host, netns, args.mode, [...others]);
  const texts = new Map(former.map(({ key, text }) => [key, text]));
  const changed = new Set(
    wanted
      .filter((part) => !linesOf(kernel, part) || texts.get(part.key) !== part.text || wrong.has(part.key))
      .map(({ key }) => key),
  );
  const owners = made ? [made.owner] : [];
  const taken = markedBy(kernel, wanted, [owner, ...owners]);
  if (taken) throw takenError(...taken, owner);
  await claim(host, args, made, wanted, former, kernel);
  await addShare(host, lastPlace(args), { owner, value: keysOf(args) });
  await apply(host, kernel, { netns, owner, owners, wanted, changed, former, claimed });
  const keep = new Set(claimsOf(args, wanted));
  const gone = [...claimsOf(args, former), ...claimed].filter((each) => !keep.has(each));
  await eraseClaims(host, args, gone);
  if (made && made.owner !== owner) await eraseLast(host, made);
  return compareWithKernel(args, wanted, await readKernel(host, netns, args.mode));
}

/** Changes all layers that were read: what is new is made first, and what others may still use goes last. */
async function apply(host: Host, { layers }: Kernel, all: Omit<Change<Part, unknown>, "kernel">): Promise<void> {
  const changes = layerNames.flatMap((name) => {
    if (!(name in layers)) return [];
    const ofLayer = (parts: readonly Part[]) => parts.filter((part) => part.layer === name);
    const [wanted, former] = [ofLayer(all.wanted), ofLayer(all.former)];
    return [{ layer: layerFor(name), change: { ...all, kernel: layers[name], wanted, former } }];
  });
  const isMade = ({ change }: (typeof changes)[number]) => change.wanted.length > 0;
  for (const { layer, change } of changes) layer.requireFree(change, layers);
  for (const each of [...changes.filter(isMade), ...changes.filter((each) => !isMade(each))])
    await each.layer.change(host, each.change);
  for (const { layer, change } of changes) await layer.finish?.(host, change);
}

/** What is there of these parts with the mark of another, and whose it is; undefined: nothing. */
export function markedBy({ layers }: Kernel, parts: readonly Part[], owners: readonly string[]) {
  for (const name of layerNames) {
    const ofLayer = parts.filter((part) => part.layer === name);
    const taken = ofLayer.length > 0 ? layerFor(name).takenBy?.(layers[name], ofLayer, owners) : undefined;
    if (taken) return taken;
  }
  return undefined;
}

async function claim(
  host: Host,
  args: TableArgs,
  made: TableArgs | undefined,
  wanted: readonly Part[],
  former: readonly Part[],
  kernel: Kernel,
): Promise<void> {
  const had = new Set(made?.owner === args.owner ? claimsOf(args, former) : []);
  const there = new Set(
    claimsOf(
      args,
      wanted.filter((part) => linesOf(kernel, part)),
    ),
  );
  const fresh = claimsOf(args, wanted).filter((each) => !had.has(each) || !there.has(each));
  await claimParts(host, args, fresh, (each) => there.has(each), made?.owner ?? args.owner);
}

/** Takes away what there is of a table. */
export async function clear(host: Host, made: TableArgs): Promise<void> {
  const { netns, owner, mode } = made;
  const former = (await isLast(host, made)) ? partsOf(made) : [];
  const claimed = await readClaims(host, made);
  const others = [...claimed].flatMap((each) => layerOf(each) ?? []);
  const kernel = await readKernel(host, netns, mode, others);
  await apply(host, kernel, { netns, owner, owners: [owner], wanted: [], changed: new Set(), former, claimed });
}

/** Sets what the kernel has to be told before there are objects, if anything. */
export async function holdSettings(
  host: Host,
  args: TableArgs,
  made: TableArgs | undefined,
  wrong: ReadonlySet<string>,
): Promise<void> {
  if (layersOf(args.mode).includes("ipvs")) await loadIpvs(host, args.netns);
  const held = made?.owner === args.owner ? settingsOf(made) : [];
  const due = settingParts(args).filter(({ key, setting }) => !held.includes(setting) || wrong.has(key));
  await Promise.all(
    due.map(async ({ setting }) => {
      const its = settingArgs(args, setting);
      const recorded = { ...its, ...(made && { owner: made.owner }), ...(await sysctl.noted?.recall?.(host, its)) };
      await sysctl.ensure(host, its, undefined, recorded);
    }),
  );
}

/** Puts settings back that this table has changed, but for those that are needed still. */
export async function releaseSettings(host: Host, args: TableArgs, needed: readonly string[] = []): Promise<void> {
  await Promise.all(allSettings.flatMap((key) => (needed.includes(key) ? [] : [releaseSetting(host, args, key)])));
}

async function releaseSetting(host: Host, args: TableArgs, key: string): Promise<void> {
  const setting = settingArgs(args, key);
  const value = await readSysctl(host, args.netns, key).catch((error) => {
    if (!hasCode(error, "LN_NETNS")) throw error;
  });
  if (value === undefined) return sysctl.cleanUp?.(host, setting, undefined);
  const recorded = { ...setting, ...(await sysctl.noted?.recall?.(host, setting)) };
  if (recorded.previousValue !== undefined) await sysctl.remove(host, recorded, { inputs: { value }, outputs: {} });
}
