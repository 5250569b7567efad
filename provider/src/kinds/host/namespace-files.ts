import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { addShare, eraseShare, readShares } from "../../core/ledger";
import { existsError } from "../../core/ownership";
import { cached, type Host } from "../../host";
import { getOrCreate } from "../../host/coalesce";
import { text } from "../../schema/fields";
import { maxFileBytes, readEntries, readText, removeFiles, temporaryPathOf, writeFile } from "../../tools/files";

// Files of a namespace. `ip netns exec` shows them in place of the files with the same names in /etc.

const folders = "/etc/netns";
const mode = "0644";

const fileName = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
    'must have names of 1 to 128 letters, digits, "_", "." and "-", the first no "." or "-"',
  );
const content = text.refine((value) => Buffer.byteLength(value) <= maxFileBytes, "must be at most 1 MiB");

export const filesInput = z.record(fileName, content);
export type Files = Readonly<Record<string, string>>;

interface WithFiles {
  readonly name: string;
  readonly owner: string;
  readonly files?: Files | undefined;
}

/**
 * The files that are ours: they are recorded, or in the ledger of a run that died. Undefined: there are none, and none is
 * wanted.
 */
export async function observeFiles(
  host: Host,
  args: WithFiles,
  recorded?: Partial<WithFiles>,
): Promise<Files | undefined> {
  const isRequested = args.files !== undefined || recorded?.files !== undefined;
  // Without a record, only the ledger knows which files a run that died has written.
  if (!isRequested && recorded) return undefined;
  const knownNames = [...Object.keys(recorded?.files ?? {}), ...(await notedNames(host, args))];
  const names = [...new Set(knownNames)];
  const entries = await readFolder(host, args, names);
  // Beside others lies what a run that died was writing: a difference, or nobody would take that away.
  const written = names.filter((each) => !entries.has(posix.basename(temporaryPathFor(args, each))));
  const existing = await readTexts(host, args.name, written, entries);
  return args.files === undefined && Object.keys(existing).length === 0 ? undefined : existing;
}

/** Returns a function that writes the wanted files. Throws if another owner's file has such a name. */
export async function planFiles(
  host: Host,
  args: WithFiles,
  recorded?: Partial<WithFiles>,
): Promise<(() => Promise<void>) | undefined> {
  const { name, files = {} } = args;
  const noted = await notedNames(host, args);
  const names = [...new Set([...Object.keys(files), ...Object.keys(recorded?.files ?? {}), ...noted])];
  if (names.length === 0) return undefined;
  const knownNames = [...Object.keys(recorded?.files ?? {}), ...noted];
  const existing = await readFolder(host, args, names);
  const texts = await readTexts(host, name, names, existing);
  for (const each of Object.keys(files)) {
    // After a reboot the ledger is empty. A file with the wanted text can be taken without loss.
    const isOthers = existing.has(each) && !knownNames.includes(each) && texts[each] !== files[each];
    if (isOthers) throw existsError({ owner: `${args.owner}, for ${pathOf(name, each)}` }, { owner: "" });
  }
  const write = Object.keys(files).filter((each) => texts[each] !== files[each]);
  const drop = names.filter((each) => !(each in files) && knownNames.includes(each) && existing.has(each));
  const spares = names
    .map((each) => temporaryPathFor(args, each))
    .filter((spare) => existing.has(posix.basename(spare)));
  const away = [...drop.map((each) => pathOf(name, each)), ...spares];
  return async () => {
    // If the namespace was made in the meantime, it has no entries.
    const entry = await notedNames(host, args);
    const note = async (value: readonly string[], before: readonly string[]) => {
      if (!isDeepStrictEqual(value.toSorted(), before.toSorted()))
        await addShare(host, entryOf(name), { owner: args.owner, value: value.toSorted() });
      return value;
    };
    const isChange = write.length + away.length > 0;
    const during = isChange ? await note(names, entry) : entry;
    if (isChange) {
      await host.run(["mkdir", "-p", "--", posix.join(folders, name)]);
      await host.checkFolder(posix.join(folders, name));
      if (away.length > 0) await removeFiles(host, away);
      for (const each of write) {
        const file = { content: files[each] ?? "", mode, isNew: !existing.has(each) };
        await writeFile(host, pathOf(name, each), temporaryPathFor(args, each), file);
      }
    }
    if (args.files) await note(Object.keys(files), during);
    // After a rename of the resource, there is an entry under its former name.
    const former = recorded?.owner ?? args.owner;
    if (former !== args.owner) await eraseShare(host, entryOf(name), former);
    if (args.files) return;
    await removeFolders(host, name);
    await eraseShare(host, entryOf(name), args.owner);
  };
}

/** Removes the files that are recorded, and those that the ledger has of a run that died. */
export async function cleanUpFiles(host: Host, args: WithFiles): Promise<void> {
  if (args.files === undefined) return;
  await host.checkFolder(posix.join(folders, args.name));
  const names = [...new Set([...Object.keys(args.files), ...(await notedNames(host, args))])];
  await removeFiles(
    host,
    names.flatMap((each) => [pathOf(args.name, each), temporaryPathFor(args, each)]),
  );
  await removeFolders(host, args.name);
}

/** The files that the input can express. */
export async function findFiles(host: Host, name: string): Promise<Files | undefined> {
  const names = ((await cached(host, "namespace files", () => listFiles(host))).get(name) ?? []).filter(
    (each) => fileName.safeParse(each).success,
  );
  if (names.length === 0) return undefined;
  const entries = await readEntries(
    host,
    names.map((each) => pathOf(name, each)),
  );
  const files = Object.entries(await readTexts(host, name, names, entries)).filter(
    ([, each]) => content.safeParse(each).success,
  );
  return files.length > 0 ? Object.fromEntries(files) : undefined;
}

/** The names of the files of each namespace. */
async function listFiles(host: Host): Promise<ReadonlyMap<string, string[]>> {
  const argv = ["find", folders, "-mindepth", "2", "-maxdepth", "2", "-type", "f", "-printf", "%P\\0"];
  const { stdout } = await host.run(argv, { accept: [0, 1] });
  const filesByNamespace = new Map<string, string[]>();
  for (const path of stdout.split("\0").filter(Boolean))
    getOrCreate(filesByNamespace, posix.dirname(path), () => []).push(posix.basename(path));
  return filesByNamespace;
}

type Entries = Awaited<ReturnType<typeof readEntries>>;

/** The entries with these names, and those under which such files are written first. */
async function readFolder(host: Host, args: WithFiles, names: readonly string[]): Promise<Entries> {
  if (names.length === 0) return new Map();
  return readEntries(
    host,
    names.flatMap((each) => [pathOf(args.name, each), temporaryPathFor(args, each)]),
  );
}

async function readTexts(host: Host, name: string, names: readonly string[], entries: Entries): Promise<Files> {
  const regular = names.filter((each) => entries.get(each)?.isFile);
  const texts = await Promise.all(
    regular.map(async (each) => [each, await readText(host, pathOf(name, each))] as const),
  );
  return Object.fromEntries(texts.flatMap(([each, value]) => (value === undefined ? [] : [[each, value]])));
}

async function notedNames(host: Host, { name, owner }: WithFiles): Promise<readonly string[]> {
  const entry = (await readShares(host, entryOf(name))).find((each) => each.owner === owner);
  return (entry?.value as string[] | undefined) ?? [];
}

async function removeFolders(host: Host, name: string): Promise<void> {
  const empty = ["-maxdepth", "0", "-type", "d", "-empty", "-delete"];
  await host.run(["find", posix.join(folders, name), folders, ...empty], { accept: [0, 1] });
}

function pathOf(name: string, file: string): string {
  return posix.join(folders, name, file);
}

function temporaryPathFor({ name, owner }: WithFiles, file: string): string {
  return temporaryPathOf(pathOf(name, file), owner);
}

function entryOf(name: string) {
  return { netns: name, what: "Netns files" };
}
