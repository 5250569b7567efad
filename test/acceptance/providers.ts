import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, type Stack } from "./engine";

const plugins = `\nplugins:\n  providers:\n    - name: localnet\n      path: ../../node_modules/pulumi-localnet/bin\n`;

/** The resources that were changed from outside, by their names: what is gone, and what differs. */
export interface Outside {
  gone?: string[];
  differs?: string[];
}

/** What tells what was done from outside, all of it and no more. */
export type Show = (stack: Stack, outside: Outside) => Promise<void>;

export const byRefresh: Show = async (stack, outside) => {
  expectShown((await stack.refresh()).text, outside, ["deleted", "updated"]);
};

/** A plain preview looks at what is there, and says what it will do about it. */
export const byPreview: Show = async (stack, outside) => {
  expectShown((await stack.preview()).text, outside, ["create", "update"]);
};

function expectShown(
  text: string,
  { gone = [], differs = [] }: Outside,
  [forGone, forDiffers]: [string, string],
): void {
  const named = (verb: string) => {
    const lines = text.matchAll(new RegExp(`^ *[-+~] +\\S+:\\S+ (\\S+) ${verb}\\b`, "gm"));
    return [...new Set([...lines].map(([, name]) => name))].sort();
  };
  expect({ gone: named(forGone), differs: named(forDiffers) }).toEqual({
    gone: gone.toSorted(),
    differs: differs.toSorted(),
  });
}

/** A provider's name, a program for it, and how it shows what was changed from outside. */
export type Row = [provider: string, project: string, show: Show];

/** A Pulumi program of this repository as it is. */
export function dynamic(program: string, settings = join(program, "Pulumi.yaml")): Row {
  return ["dynamic provider", join(root, dirname(settings)), byRefresh];
}

/** The same program for the native plugin. */
export function native(program: string, settings = join(program, "Pulumi.yaml")): Row {
  return ["native plugin", natively(program, settings), byPreview];
}

/** The lab, as `pulumi up` in a clone brings it up. */
export const lab = (): [dynamic: Row, native: Row] => [
  dynamic("examples/ipvs-lab", "Pulumi.yaml"),
  native("examples/ipvs-lab", "Pulumi.yaml"),
];

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
    writeFileSync(join(copy, file), text.replace(/"(\.\.\/)+tsconfig/, '"../../tsconfig'));
  }
  const project = readFileSync(join(root, settings), "utf8").replace(/^main: .*\n/m, "");
  writeFileSync(join(copy, "Pulumi.yaml"), project + plugins);
  afterAll(() => rmSync(copy, { recursive: true }));
  return copy;
}
