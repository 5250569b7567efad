import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./engine";

const plugins = "\nplugins:\n  providers:\n    - name: localnet\n      path: ../../node_modules/pulumi-localnet/bin\n";

/**
 * A Pulumi program of this repository as it is for the native plugin: what differs is where it imports from, and
 * Pulumi.yaml, which may lie elsewhere. The copy goes when the tests are over.
 */
export function natively(program: string, settings = join(program, "Pulumi.yaml")): string {
  // In the repository, where the packages are found.
  const directory = join(root, ".localnet");
  mkdirSync(directory, { recursive: true });
  const copy = mkdtempSync(join(directory, "native-"));
  cpSync(join(root, program), copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
  for (const file of readdirSync(copy).filter((each) => /\.[jt]s$/.test(each))) {
    const text = readFileSync(join(copy, file), "utf8");
    writeFileSync(join(copy, file), text.replaceAll('"pulumi-localnet"', '"pulumi-localnet/native"'));
  }
  const project = readFileSync(join(root, settings), "utf8").replace(/^main: .*\n/m, "");
  writeFileSync(join(copy, "Pulumi.yaml"), project + plugins);
  afterAll(() => rmSync(copy, { recursive: true }));
  return copy;
}
