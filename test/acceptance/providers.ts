import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, type Stack } from "./engine";

const plugins = `\nplugins:\n  providers:\n    - name: localnet\n      path: ../../node_modules/pulumi-localnet/bin\n`;

/** The names of the resources that were changed by hand: those that are gone, and those that differ. */
export interface Outside {
  gone?: string[];
  differs?: string[];
}

/** Checks that exactly these changes by hand are shown. */
export type Show = (stack: Stack, outside: Outside) => Promise<void>;

export const byRefresh: Show = async (stack, outside) => {
  expectShown((await stack.refresh()).text, outside, ["deleted", "updated"]);
};

/** A plain preview reads the objects, and shows how they will be repaired. */
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

/** A provider's name, a program for it, and how it shows changes by hand. */
export type Row = [provider: string, project: string, show: Show];

/** A Pulumi program of this repository, unchanged. */
export function dynamic(program: string, settings = join(program, "Pulumi.yaml")): Row {
  return ["dynamic provider", join(root, dirname(settings)), byRefresh];
}

/** The same program for the native plugin. */
export function native(program: string, settings = join(program, "Pulumi.yaml")): Row {
  return ["native plugin", natively(program, settings), byPreview];
}

/** The lab, as `pulumi up` runs it in a clone. */
export const lab = (): [dynamic: Row, native: Row] => [
  dynamic("examples/ipvs-lab", "Pulumi.yaml"),
  native("examples/ipvs-lab", "Pulumi.yaml"),
];

/**
 * A copy of a program for the native plugin, with another import path and another Pulumi.yaml, which may be elsewhere. The
 * copy is removed after the tests.
 */
export function natively(program: string, settings = join(program, "Pulumi.yaml")): string {
  // In the repository, so that it finds the packages.
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
