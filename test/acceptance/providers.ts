import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changes, root, type Stack } from "./engine";

const plugins = `\nplugins:\n  providers:\n    - name: localnet\n      path: ${root}/node_modules/pulumi-localnet/bin\n`;

/** What tells what was done from outside, by how many resources were deleted and updated. */
export type Show = (stack: Stack, changed: { deleted?: number; updated?: number }) => Promise<void>;

export const byRefresh: Show = async (stack, changed) => {
  expect(changes((await stack.refresh()).text)).toMatchObject(changed);
};

/** A plain preview looks at what is there, and says what it will do about it. */
export const byPreview: Show = async (stack, { deleted, updated }) => {
  const { text } = await stack.preview();
  if (deleted) expect(text).toContain(`${deleted} to create`);
  if (updated) expect(text).toContain(`${updated} to update`);
};

/** A Pulumi program of this repository as it is, and as it is for the native plugin: rows of a table of tests. */
export function both(program: string): [provider: string, project: string, show: Show][] {
  return [
    ["dynamic provider", join(root, program), byRefresh],
    ["native plugin", natively(program), byPreview],
  ];
}

/**
 * A program for the native plugin: what differs is where it imports from, and Pulumi.yaml, which may lie elsewhere. The
 * copy goes when the tests are over.
 */
export function natively(program: string, settings = join(program, "Pulumi.yaml")): string {
  // In the repository, where the packages are found.
  const directory = join(root, ".localnet");
  mkdirSync(directory, { recursive: true });
  const copy = mkdtempSync(join(directory, "native-"));
  cpSync(join(root, program), copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
  for (const file of readdirSync(copy).filter((each) => /\.[jt]s$|^tsconfig/.test(each))) {
    const text = readFileSync(join(copy, file), "utf8").replaceAll('"pulumi-localnet"', '"pulumi-localnet/native"');
    writeFileSync(join(copy, file), text.replace(/"(\.\.\/)+tsconfig/, `"${root}/tsconfig`));
  }
  const project = readFileSync(join(root, settings), "utf8").replace(/^main: .*\n/m, "");
  writeFileSync(join(copy, "Pulumi.yaml"), project + plugins);
  afterAll(() => rmSync(copy, { recursive: true }));
  return copy;
}
