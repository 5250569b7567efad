import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ensureDebian } from "../lib/debian.mjs";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";

const seconds = 600;

/**
 * Downloads an official release of the CLI, and accepts it only with the known checksum.
 * @param {string} directory gets a folder bin
 * @param {string} version
 * @param {Record<string, string>} checksums the SHA-256 of that version's archives, by platform
 */
export async function downloadPulumi(directory, version, checksums) {
  const platform = `${process.platform}-${process.arch}`;
  const checksum = checksums[platform];
  if (!checksum) throw new Error(`no checksum is known of the Pulumi CLI for ${platform}: please install it, or Go`);
  await ensureDebian(["curl", "tar", "gzip"]);
  const archive = join(directory, "archive");
  const address = `${await repository()}/releases/download/v${version}/pulumi-v${version}-${platform}.tar.gz`;
  const careful = ["--fail", "--silent", "--show-error", "--location", "--proto", "=https", "--max-time", `${seconds}`];
  await output(["curl", ...careful, "--output", archive, address]);
  await unpackRelease(archive, checksum, join(directory, "bin"));
  await rm(archive);
}

/**
 * @param {string} archive
 * @param {string} checksum its SHA-256
 * @param {string} target a folder to make
 */
export async function unpackRelease(archive, checksum, target) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const digest = hash.digest("hex");
  if (digest !== checksum) {
    throw new Error(`what was downloaded as the Pulumi CLI is something else: its SHA-256 is
  ${digest}, and must be
  ${checksum}`);
  }
  await mkdir(target);
  const argv = ["tar", "--extract", "--gzip", "--file", archive, "--directory", target];
  await output([...argv, "--strip-components", "1", "--no-same-owner"]);
}

/** The address of releases, from the source address in Pulumi's SDK. */
async function repository() {
  const text = await readFile(join(root, "node_modules/@pulumi/pulumi/package.json"), "utf8");
  return JSON.parse(text).repository.url.replace(/\.git$/, "");
}
