import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./engine";

const plugins = "\nplugins:\n  providers:\n    - name: localnet\n      path: ../../node_modules/pulumi-localnet/bin\n";

/** A Pulumi program of this repository as it is for the native plugin: what differs is where it imports from, and Pulumi.yaml. */
export function natively(program: string): string {
  // In the repository, where the packages are found.
  const directory = join(root, ".localnet");
  mkdirSync(directory, { recursive: true });
  const copy = mkdtempSync(join(directory, "native-"));
  cpSync(join(root, program), copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const edit = (file: string, change: (text: string) => string) => {
    const path = join(copy, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };
  const { main } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
  edit(main, (text) => text.replaceAll('"pulumi-localnet"', '"pulumi-localnet/native"'));
  edit("Pulumi.yaml", (text) => text + plugins);
  return copy;
}
