import type { Host } from "../../host";
import { readSysctlFiles, writeSysctl, writeSysctls } from "../../tools/sysctl";
import { type Family, familyOf } from "./sysctl-names";

/** The settings that a write to a variable may change, with their values; empty: it changes no others. */
export async function readFamily(
  host: Host,
  netns: string | undefined,
  variable: string,
): Promise<ReadonlyMap<string, string>> {
  const family = familyOf(variable);
  if (!family) return new Map();
  const { folder, name, besides } = family;
  const all = await readSysctlFiles(host, netns, folder, [name, ...(besides ? [besides] : [])]);
  return new Map([...all].filter(([key]) => key !== variable && key !== `${folder}/all/${name}`));
}

/** The settings of links that differ from a variable's value, as they were before any resource changed them. */
export async function exceptions(
  variable: string,
  value: string,
  there: ReadonlyMap<string, string>,
  original: (key: string) => Promise<string | undefined>,
): Promise<Record<string, string>> {
  const family = familyOf(variable);
  if (family?.from !== "all") return {};
  const others = [...there].filter(([key, each]) => isFollower(family, key) && each !== value);
  const originals = await Promise.all(others.map(async ([key, each]) => [key, (await original(key)) ?? each] as const));
  return Object.fromEntries(originals.filter(([, each]) => each !== value));
}

interface Change {
  readonly variable: string;
  readonly value: string;
  /** Another resource's value for a setting of a link; undefined: there is none. */
  readonly shared: (key: string) => Promise<string | undefined>;
  /** The value that a follower must have after the write; undefined: the one that the kernel gives it. */
  readonly follower: (key: string, before: string | undefined) => string | undefined;
  /** Records what has to be restored if this process ends before it is. */
  readonly note: (undo: Record<string, string> | undefined) => Promise<unknown>;
  /** What an earlier process recorded and did not restore. */
  readonly noted?: Record<string, string> | undefined;
}

/** Writes a variable, and restores the other settings that the kernel changes. `before`: its family, read before the write. */
export async function writeVariable(
  host: Host,
  netns: string | undefined,
  { variable, value, shared, follower, note, noted }: Change,
  now: string,
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const family = familyOf(variable);
  if (now === value && !noted) return;
  if (family?.from !== "all") {
    // Existing links follow the default until their own value is written, but the default is only meant for new links.
    await writeSysctls(host, netns, before);
    return writeSysctl(host, netns, variable, value);
  }
  const undo = noted ?? Object.fromEntries([...before].filter(([key]) => !isFollower(family, key)));
  if (now !== value) {
    await note(undo);
    await writeSysctl(host, netns, variable, value);
  }
  const after = await readFamily(host, netns, variable);
  const wanted = await Promise.all(
    [...after].map(async ([key, there]) => {
      const want = isFollower(family, key) ? ((await shared(key)) ?? follower(key, before.get(key))) : undo[key];
      return want === undefined || want === there ? [] : [[key, want] as const];
    }),
  );
  await writeSysctls(host, netns, new Map(wanted.flat()));
  await note(undefined);
}

function isFollower({ name }: Family, key: string): boolean {
  return key.endsWith(`/${name}`);
}
