import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const script = join(__dirname, "../../scripts/pulumi-cli/pulumi.mjs");
const program = `(await import(${JSON.stringify(script)})).ensurePulumi().then(console.log)`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "localnet-pulumi-cli-"));
  mkdirSync(join(directory, "commands"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Gets the CLI where these commands are all that there is; each writes down that it ran, and in which $TMPDIR. */
async function get(commands: Record<string, string>): Promise<{ folder: string; ran: string[] }> {
  const file = join(directory, "ran");
  writeFileSync(file, "");
  for (const [name, body] of Object.entries(commands)) {
    const text = `#!/bin/sh\necho "${name} $TMPDIR $(/usr/bin/stat -c %a "$TMPDIR")" >> ${file}\n${body}\n`;
    writeFileSync(join(directory, "commands", name), text, { mode: 0o755 });
  }
  for (const name of ["timeout", "mkdir"]) commandOfHost(name);
  const env = { PATH: join(directory, "commands"), XDG_CACHE_HOME: directory, TMPDIR: tmpdir(), HOME: directory };
  const argv = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env }).catch(() => ({ stdout: "" }));
  return { folder: stdout.trim(), ran: readFileSync(file, "utf8").trim().split("\n") };
}

function commandOfHost(name: string): void {
  writeFileSync(join(directory, "commands", name), `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`, { mode: 0o755 });
}

/** What Pulumi's npm package leaves behind. */
const npx = `
bin="$PULUMI_HOME/versions/3.256.0/bin"
mkdir -p "$bin"
echo > "$bin/pulumi"`;

test("the installer gets a folder for its scripts that nobody else can write to, and nothing of it is left", async () => {
  const { folder, ran } = await get({ npx });
  expect(ran).toEqual([expect.stringMatching(new RegExp(`^npx ${directory}/pulumi-localnet/\\S+ 700$`))]);
  expect(folder).toBe(join(directory, "pulumi-localnet/pulumi-3.256.0/bin"));
  expect(readdirSync(join(folder, ".."))).toEqual(["bin"]);
  expect(readdirSync(join(directory, "pulumi-localnet"))).toEqual(["pulumi-3.256.0"]);
});

test("where there is Go, the CLI is built from modules with known checksums, and nothing is downloaded without", async () => {
  const { ran } = await get({ npx, go: "exit 1" });
  expect(ran).toEqual([expect.stringMatching(/^go /)]);
});
