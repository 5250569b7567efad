import { addShare, eraseShare, type Place, readShares } from "../../core/ledger";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { readSysctl } from "../../tools/sysctl";
import { sysctl } from "../host/sysctl";
import { routeLocalnet } from "./iptables-node";
import { claimParts, eraseClaims, readClaims } from "./table-claims";
import { digestOf, type Part } from "./table-parts";
import {
  isSetting,
  type Kernel,
  type Look,
  linesOf,
  look,
  modeOf,
  partsOf,
  readKernel,
  settingArgs,
  settingOf,
  type TableArgs,
} from "./table-state";

/** The parts whose owner only the ledger can name. */
export function claimsOf({ mode, netns }: TableArgs, parts: readonly Part[]): string[] {
  const { claimOf } = modeOf(mode);
  return parts.flatMap((part) => (isSetting(part) ? [] : (claimOf(part, netns) ?? [])));
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
): Promise<Look> {
  const { netns, owner } = args;
  const wanted = partsOf(args);
  const isKnown = made !== undefined && (await isLast(host, made));
  const former = isKnown ? partsOf(made) : [];
  const kernel = await readKernel(host, netns, args.mode);
  const claimed = isKnown ? new Set<string>() : await readClaims(host, made ?? args);
  const texts = new Map(former.map(({ key, text }) => [key, text]));
  const changed = new Set(
    wanted
      .filter((part) => !linesOf(kernel, part) || texts.get(part.key) !== part.text || wrong.has(part.key))
      .map(({ key }) => key),
  );
  await claim(host, args, made, wanted, former, kernel);
  await addShare(host, lastPlace(args), { owner, value: keysOf(args) });
  const owners = made ? [made.owner] : [];
  const isSameMode = made?.mode === args.mode;
  await kernel.mode.change(host, {
    ...{ netns, owner, changed, claimed, kernel: kernel.objects },
    owners,
    wanted: wanted.filter((part) => !isSetting(part)),
    former: isSameMode ? former.filter((part) => !isSetting(part)) : [],
  });
  for (const mode of ["iptables", "nftables"] as const) {
    const isFormer =
      made?.mode === mode || [...claimed].some((each) => each.startsWith(mode === "iptables" ? "Iptables" : "Nft"));
    if (mode !== args.mode && isFormer)
      await clearMode(host, { ...args, mode }, owners, made?.mode === mode ? former : [], claimed);
  }
  const keep = new Set(claimsOf(args, wanted));
  const gone = [...(made ? claimsOf(made, former) : []), ...claimed].filter((each) => !keep.has(each));
  await eraseClaims(host, args, gone);
  if (made && made.owner !== owner) await eraseLast(host, made);
  return look(args, wanted, await readKernel(host, netns, args.mode));
}

async function claim(
  host: Host,
  args: TableArgs,
  made: TableArgs | undefined,
  wanted: readonly Part[],
  former: readonly Part[],
  kernel: Kernel,
): Promise<void> {
  const had = new Set(made?.mode === args.mode && made.owner === args.owner ? claimsOf(made, former) : []);
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
  const former = (await isLast(host, made)) ? partsOf(made) : [];
  await clearMode(host, made, [made.owner], former, await readClaims(host, made));
}

async function clearMode(
  host: Host,
  { netns, owner, mode }: TableArgs,
  owners: readonly string[],
  former: readonly Part[],
  claimed: ReadonlySet<string>,
): Promise<void> {
  const { objects } = await readKernel(host, netns, mode);
  await modeOf(mode).change(host, {
    ...{ netns, owner, owners, kernel: objects, wanted: [], changed: new Set(), claimed },
    former: former.filter((part) => !isSetting(part)),
  });
}

/** Sets what the kernel has to be told before there are objects, if anything. */
export async function holdSetting(host: Host, args: TableArgs, made: TableArgs | undefined): Promise<void> {
  const key = settingOf(args);
  if (key === undefined) return;
  const setting = settingArgs(args, key);
  const recorded = { ...setting, ...(made && { owner: made.owner }), ...(await sysctl.noted?.recall?.(host, setting)) };
  await sysctl.ensure(host, setting, undefined, recorded);
}

/** Puts the setting back, if this table has changed it. */
export async function releaseSetting(host: Host, args: TableArgs): Promise<void> {
  const key = String(routeLocalnet.inputs.key);
  const setting = settingArgs(args, key);
  const value = await readSysctl(host, args.netns, key).catch((error) => {
    if (!hasCode(error, "LN_NETNS")) throw error;
  });
  if (value === undefined) return sysctl.cleanUp?.(host, setting, undefined);
  const recorded = { ...setting, ...(await sysctl.noted?.recall?.(host, setting)) };
  if (recorded.previousValue !== undefined) await sysctl.remove(host, recorded, { inputs: { value }, outputs: {} });
}
