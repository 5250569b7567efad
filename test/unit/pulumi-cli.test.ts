import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const script = join(__dirname, "../../scripts/pulumi-cli/pulumi.mjs");
const downloadScript = join(__dirname, "../../scripts/pulumi-cli/download.mjs");
const execute = promisify(execFile);
const program = `(await import(${JSON.stringify(script)})).ensurePulumi().then(console.log)`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "localnet-pulumi-cli-"));
  mkdirSync(join(directory, "commands"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Gets the CLI with only these commands on PATH. Each records that it ran. */
async function get(commands: Record<string, string>): Promise<{ folder: string; commands: string[]; problem: string }> {
  const file = join(directory, "ran");
  writeFileSync(file, "");
  for (const [name, body] of Object.entries(commands)) {
    const text = `#!/bin/sh\necho "${name} $*" >> ${file}\n${body}\n`;
    writeFileSync(join(directory, "commands", name), text, { mode: 0o755 });
  }
  for (const name of ["timeout", "mkdir"]) commandOfHost(name);
  const env = { PATH: join(directory, "commands"), XDG_CACHE_HOME: directory, TMPDIR: tmpdir(), HOME: directory };
  const argv = ["--input-type=module", "--eval", program];
  const { stdout, stderr } = await execute(process.execPath, argv, { env }).catch(({ stdout, stderr }) => ({
    stdout,
    stderr,
  }));
  return { folder: stdout.trim(), problem: stderr, commands: readFileSync(file, "utf8").trim().split("\n") };
}

function commandOfHost(name: string): void {
  writeFileSync(join(directory, "commands", name), `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`, { mode: 0o755 });
}

/** A command that downloads something else than the release. */
const curl = `
while [ "$1" != --output ]; do shift; done
echo else > "$2"`;

test("a download with another checksum is refused before it is unpacked, and nothing is left of it", async () => {
  const { folder, commands, problem } = await get({ curl, tar: "", gzip: "" });
  expect(commands).toEqual([expect.stringMatching(/^curl /)]);
  expect(problem).toMatch(/its SHA-256 is\n {2}[0-9a-f]{64}, and must be\n {2}[0-9a-f]{64}/);
  expect(folder).toBe("");
  expect(readdirSync(join(directory, "pulumi-localnet"))).toEqual([]);
});

test("the known release is unpacked, without its top folder", async () => {
  mkdirSync(join(directory, "pulumi"));
  writeFileSync(join(directory, "pulumi/pulumi"), "the CLI");
  const archive = join(directory, "archive");
  await execute("tar", ["-C", directory, "-czf", archive, "pulumi"]);
  const checksum = createHash("sha256").update(readFileSync(archive)).digest("hex");
  const words = [archive, checksum, join(directory, "bin")].map((word) => JSON.stringify(word));
  const unpack = `await (await import(${JSON.stringify(downloadScript)})).unpackRelease(${words.join(", ")})`;
  await execute(process.execPath, ["--input-type=module", "--eval", unpack]);
  expect(readFileSync(join(directory, "bin/pulumi"), "utf8")).toBe("the CLI");
});

test("with Go, the CLI is built from modules with known checksums, and nothing is downloaded without a checksum", async () => {
  const { commands } = await get({ curl, go: "exit 1" });
  expect(commands).toEqual([expect.stringMatching(/^go /)]);
});
