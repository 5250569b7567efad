import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";

/** The plugin is only JavaScript, so the archives differ only in their names, by which Pulumi finds them. */
const platforms = ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"];

/** Packages that are needed only for the build, and parts of Pulumi's SDK that the plugin does not use. */
const leftOut = /^(@types\/|undici-types$|@pulumi\/)/;

const launcher = `#!/usr/bin/env node
require("./node_modules/pulumi-localnet/dist/pulumi/native/server").serve(process.argv[2]);
`;

/** Writes the files of a release. @param {string} directory @returns {Promise<number>} the exit code */
export async function release(directory) {
  const { version, homepage } = JSON.parse(await readFile(join(root, "provider/package.json"), "utf8"));
  if (homepage.startsWith("https://example.com/"))
    printLine("provider/package.json names no home yet: not to be published as it is");
  await mkdir(directory, { recursive: true });
  const packed = await output(["npm", "pack", "--silent", "--workspace", "provider", "--pack-destination", directory], {
    cwd: root,
  });
  const names = [packed.trim().split("\n").at(-1) ?? ""];
  const stage = await mkdtemp(join(tmpdir(), "localnet-release-"));
  try {
    await fill(stage, join(directory, names[0] ?? ""));
    const archive = await archived(stage);
    for (const platform of platforms) {
      names.push(`pulumi-resource-localnet-v${version}-${platform}.tar.gz`);
      await writeFile(join(directory, names.at(-1) ?? ""), archive);
    }
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  const sums = await Promise.all(names.map(async (name) => `${await sumOf(join(directory, name))}  ${name}\n`));
  await writeFile(join(directory, "SHA256SUMS"), sums.join(""));
  for (const name of [...names, "SHA256SUMS"]) printLine(relative(process.cwd(), join(directory, name)));
  return 0;
}

/** The plugin, with all that it loads, in the versions of package-lock.json. @param {string} stage @param {string} tarball */
async function fill(stage, tarball) {
  const members = await output(
    [...["npm", "ls", "--workspace", "provider", "--all", "--parseable"], "--omit=dev", "--omit=peer"],
    { cwd: root },
  );
  const modules = join(root, "node_modules");
  for (const path of members.trim().split("\n")) {
    const name = relative(modules, path);
    if (name.startsWith("..") || name === "pulumi-localnet" || leftOut.test(name)) continue;
    // Nested modules are listed separately.
    const filter = (/** @type {string} */ from) => !relative(path, from).split("/").includes("node_modules");
    await cp(path, join(stage, "node_modules", name), { recursive: true, filter });
  }
  for (const part of ["package.json", "LICENSE", "proto"])
    await cp(join(modules, "@pulumi/pulumi", part), join(stage, "node_modules/@pulumi/pulumi", part), {
      recursive: true,
    });
  const packageFolder = join(stage, "node_modules/pulumi-localnet");
  await mkdir(packageFolder, { recursive: true });
  await output(["tar", "-xzf", tarball, "-C", packageFolder, "--strip-components=1"]);
  await cp(join(packageFolder, "LICENSE"), join(stage, "LICENSE"));
  await writeFile(join(stage, "pulumi-resource-localnet"), launcher, { mode: 0o755 });
}

/** Makes an archive that is the same for the same files. @param {string} directory */
async function archived(directory) {
  const file = `${directory}.tar.gz`;
  const tarOptions = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=go-w", "--mtime=@0"];
  try {
    await output(["tar", ...tarOptions, "--use-compress-program=gzip -9n", "-cf", file, "-C", directory, "."]);
    return await readFile(file);
  } finally {
    await rm(file, { force: true });
  }
}

/** @param {string} path */
async function sumOf(path) {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
