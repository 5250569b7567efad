import { posix } from "node:path";
import { z } from "zod";
import { defineKind } from "../../core/kind";
import type { Host } from "../../host";
import { text } from "../../schema/fields";
import { maxFileBytes, readEntries, readText, removeFiles, temporaryPathOf, writeFile } from "../../tools/files";

const longestName = 255;
const longestPath = 4095;
/** File systems of the kernel, without files of users. */
const kernels = /^\/(proc|sys|dev)(\/|$)/;

const filePath = z
  .string()
  .regex(/^(\/[^/]+)+$/, "must be an absolute path without an empty part")
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are to be refused.
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters")
  .refine((path) => path.isWellFormed(), "must be Unicode text")
  .refine((path) => !path.split("/").some((part) => [".", ".."].includes(part)), 'must have no part "." or ".."')
  .refine(
    (path) => path.split("/").every((part) => Buffer.byteLength(part) <= longestName),
    "must have no part of more than 255 bytes",
  )
  .refine((path) => Buffer.byteLength(path) <= longestPath, "must be at most 4095 bytes")
  .refine((path) => !kernels.test(path), "must not be in /proc, /sys or /dev, which have no files of users");

export const file = defineKind({
  type: "File",
  summary: "A text file, such as the configuration of a daemon.",
  args: {
    /**
     * Absolute path. The folder must exist. It and all folders above it must belong to root or to the user that writes, and
     * nobody else may write in them.
     */
    path: filePath.meta({ replace: true }),
    /** Contents, at most 1 MiB of Unicode text without NUL characters. May be a secret. */
    content: text
      .refine((value) => Buffer.byteLength(value) <= maxFileBytes, "must be at most 1 MiB")
      .meta({ sensitive: true }),
    /** Permissions to read, write and execute, in octal digits as for `chmod`. */
    mode: z
      .string('must be a text of three octal digits, such as "644"')
      .regex(/^0?[0-7]{3}$/, 'must be a text of three octal digits, such as "644"')
      .transform((mode) => mode.padStart(4, "0"))
      .default("0644"),
  },
  outputs: {},
  needs: [],
  /** The path. */
  id: ({ path }) => path,
  unmarked: true,

  async observe(host, args) {
    const { path } = args;
    const spare = temporaryPathOf(path, args.owner);
    const entries = await readEntries(host, [path, spare]);
    const entry = entries.get(posix.basename(path));
    if (!entry) return undefined;
    const hasSpare = entries.has(posix.basename(spare));
    // A link or a folder is never ours, whatever the ledger has: we make only files.
    if (!entry.isFile) return { owner: "", otherKind: true, inputs: {}, outputs: {}, detail: { hasSpare } };
    const content = await readText(host, path);
    if (content === undefined) return undefined;
    // What a run that died was writing lies beside it: a difference, or nobody would take that away.
    return {
      ...{ owner: null, inputs: { content: hasSpare ? undefined : content, mode: entry.mode } },
      ...{ outputs: {}, detail: { hasSpare, content } },
    };
  },

  async ensure(host, args, observed) {
    const { path, content, mode } = args;
    const spare = temporaryPathOf(path, args.owner);
    const isSame = observed?.detail.content === content && observed.inputs.mode === mode;
    if (isSame && !observed.detail.hasSpare) return;
    await host.checkFolder(posix.dirname(path));
    if (isSame) await removeFiles(host, [spare]);
    else await writeFile(host, path, spare, { content, mode, isNew: observed === undefined });
  },

  remove: (host, { path, owner }) => away(host, path, [path, temporaryPathOf(path, owner)]),

  async cleanUp(host, { path, owner }, observed) {
    if (!observed) await away(host, path, [temporaryPathOf(path, owner)]);
  },

  imports: {
    parse: (path) => ({ path }),
    // Nothing shows which files belong to a lab.
    list: async () => [],
  },
});

async function away(host: Host, path: string, files: readonly string[]): Promise<void> {
  await host.checkFolder(posix.dirname(path));
  await removeFiles(host, files);
}
