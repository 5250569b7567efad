import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { readSysctl } from "../../tools/sysctl";
import { sysctl } from "../host/sysctl";
import { routeLocalnet } from "./iptables-node";
import { claimParts, eraseClaims, readClaims } from "./table-claims";
import type { Part } from "./table-parts";
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

/** Makes what is asked for. What is new is made before what was goes. */
export async function change(
  host: Host,
  args: TableArgs,
  made: TableArgs | undefined,
  wrong: ReadonlySet<string>,
): Promise<Look> {
  const { netns, owner } = args;
  const wanted = partsOf(args);
  const former = made ? partsOf(made) : [];
  const kernel = await readKernel(host, netns, args.mode);
  const claimed = made ? new Set<string>() : await readClaims(host, args);
  const texts = new Map(former.map(({ key, text }) => [key, text]));
  const changed = new Set(
    wanted
      .filter((part) => !linesOf(kernel, part) || texts.get(part.key) !== part.text || wrong.has(part.key))
      .map(({ key }) => key),
  );
  await claim(host, args, made, wanted, former, kernel);
  const isSameMode = made?.mode === args.mode;
  await kernel.mode.change(host, {
    ...{ netns, owner, changed, claimed, kernel: kernel.objects },
    owners: made ? [made.owner] : [],
    wanted: wanted.filter((part) => !isSetting(part)),
    former: isSameMode ? former.filter((part) => !isSetting(part)) : [],
  });
  for (const mode of ["iptables", "nftables"] as const) {
    const isFormer =
      made?.mode === mode || [...claimed].some((each) => each.startsWith(mode === "iptables" ? "Iptables" : "Nft"));
    if (mode !== args.mode && isFormer) await clear(host, { ...args, mode }, made, claimed);
  }
  const keep = new Set(claimsOf(args, wanted));
  const gone = [...(made ? claimsOf(made, former) : []), ...claimed].filter((each) => !keep.has(each));
  await eraseClaims(host, args, gone);
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

/** Takes away what there is of a table in one mode. */
export async function clear(
  host: Host,
  args: TableArgs,
  made: TableArgs | undefined,
  claims?: ReadonlySet<string>,
): Promise<void> {
  const { netns, owner, mode } = args;
  const { objects } = await readKernel(host, netns, mode);
  await modeOf(mode).change(host, {
    ...{ netns, owner, kernel: objects, wanted: [], changed: new Set() },
    owners: made ? [made.owner] : [],
    former: made?.mode === mode ? partsOf(made).filter((part) => !isSetting(part)) : [],
    claimed: claims ?? (await readClaims(host, args)),
  });
}

/** Sets what the kernel has to be told before there are objects, if anything. It has a lock of its own: not within another. */
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
