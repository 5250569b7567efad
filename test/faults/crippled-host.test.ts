import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packages } from "../../provider/src/host/packages";
import { requirements } from "../../provider/src/host/requirements";

// What is missing on this machine: each command that is run, the right to change anything, settings that can be written.
// In other mounts, a provider of its own meets it.

const dist = join(__dirname, "../../provider/dist");
const prelude = `
const { openHost } = require("${dist}/host/index.js");
const { requireTools } = require("${dist}/host/requirements.js");
const { kinds } = require("${dist}/kinds/index.js");
const lifecycle = require("${dist}/core/lifecycle.js");
const settings = { sudo: false };
const reported = ({ code, summary, hint }) => ({ code, summary, hint });
const refused = (body) => body().then(() => undefined, reported);
const create = (type, inputs) => refused(() => lifecycle.create(kinds[type], { owner: "lnt/crippled/x", ...inputs }, settings));
`;
// The folders of commands, over which what is written is written elsewhere.
const mounts = `
mount -t tmpfs none /mnt
for folder in /usr/local/bin /usr/local/sbin /usr/bin /usr/sbin; do
  mkdir -p "/mnt/$folder/new" "/mnt/$folder/work"
  mount -t overlay none -o "lowerdir=$folder,upperdir=/mnt/$folder/new,workdir=/mnt/$folder/work" "$folder"
done
`;

/** A shell has them itself, or all is run by them. */
const ofShells = ["sh", "test", "timeout"];

interface Told {
  readonly code: string;
  readonly summary: string;
  readonly hint: string;
}

/** What a script prints in mounts of its own, behind the words of `through`. */
async function elsewhere(setUp: string, script: string, ...through: string[]): Promise<Record<string, Told>> {
  const words = [...through, process.execPath, "-e", `${prelude}\n(async () => {${script}})()`];
  const argv = ["--mount", "--net", "sh", "-ec", `${setUp}\nexec "$@"`, "sh", ...words];
  const { stdout } = await promisify(execFile)("unshare", argv, { timeout: 100_000 });
  return JSON.parse(stdout) as Record<string, Told>;
}

const hidden = `
const { existsSync, renameSync } = require("node:fs");
const folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
const without = async (name, body) => {
  const files = folders.map((folder) => folder + "/" + name).filter((file) => existsSync(file));
  for (const file of files) renameSync(file, file + ".hidden");
  try { return await refused(body); } finally { for (const file of files) renameSync(file + ".hidden", file); }
};
`;

test("each command that is missing is named, with the Debian package that holds it", async () => {
  const names = Object.keys(packages).filter((name) => !ofShells.includes(name));
  const reported = await elsewhere(
    mounts,
    `${hidden}
    const result = {};
    for (const name of ${JSON.stringify(names)})
      result[name] = await without(name, () => openHost(undefined, settings).run([name, "--version"]));
    process.stdout.write(JSON.stringify(result), () => process.exit());`,
  );
  const expected = names.map((name) => [
    name,
    {
      ...{ code: "LN_TOOL", summary: `there is no command "${name}"` },
      hint: `install the Debian package ${packages[name as keyof typeof packages]}`,
    },
  ]);
  expect(reported).toEqual(Object.fromEntries(expected));
});

test("what a kind needs is named before anything is changed, with its package", async () => {
  const reported = await elsewhere(
    mounts,
    `${hidden}
    const result = {};
    for (const name of ${JSON.stringify(Object.keys(requirements))})
      result[name] = await without(name, () => requireTools(openHost(undefined, settings), [name]));
    process.stdout.write(JSON.stringify(result), () => process.exit());`,
  );
  for (const [name, { package: holder }] of Object.entries(requirements))
    expect([name, reported[name]]).toEqual([
      name,
      expect.objectContaining({ code: "LN_TOOL", hint: expect.stringMatching(`\\(Debian package ${holder}\\)$`) }),
    ]);
});

test("who may not change the network is told what gives the right, and where settings are read-only what that means", async () => {
  const bridge = `create("Bridge", { name: "lntcrippled", up: true })`;
  const print = (what: string) =>
    `process.stdout.write(JSON.stringify({ reported: await ${what} }), () => process.exit());`;
  const nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all"];
  const { reported } = await elsewhere("", print(bridge), ...nobody);
  expect(reported).toMatchObject({
    code: "LN_PERMISSION",
    hint: expect.stringMatching(/^run as root \(CAP_NET_ADMIN/),
  });
  const readOnly = "mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys";
  const setting = `create("Sysctl", { key: "net/ipv4/ip_forward", value: "1", onDelete: "restore" })`;
  expect((await elsewhere(readOnly, print(setting))).reported).toMatchObject({
    code: "LN_PERMISSION",
    summary: "a file system is mounted read-only",
    hint: expect.stringMatching(/in a container, where \/proc\/sys and \/sys are so: start that privileged/),
  });
});
