import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root, run } from "./engine";
import { commandsOf } from "./pages";

const nobody = 65534;
/** As root: a copy of the clone, the CLI and Node.js that nobody may read; then all else runs as nobody. */
const becomeNobody = `
set -e
for place in clone cli node; do
  mount --bind -o ro "$1" $place
  shift
done
cd program
exec setpriv --reuid ${nobody} --regid ${nobody} --clear-groups -- "$@"`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "localnet-readme-"));
  for (const name of ["clone", "cli", "node", "home"]) mkdirSync(join(directory, name));
  cpSync(join(root, "examples/rootless-lab"), join(directory, "program"), {
    recursive: true,
    filter: (path) => !/node_modules|tsconfig/.test(path),
  });
  symlinkSync("../clone/node_modules", join(directory, "program/node_modules"));
  for (const name of ["", "home", "program"]) chownSync(join(directory, name), nobody, nobody);
});
afterAll(() => rmSync(directory, { recursive: true }));

test("the commands of docs/without-root.md bring a program up for an ordinary user whose home is empty", async () => {
  const [unshare = "", ...commands] = commandsOf("docs/without-root.md");
  expect(unshare).toBe("unshare -Urnm");
  const { stdout: cli } = await run(["which", "pulumi"]);
  const path = [join(directory, "cli"), join(directory, "node"), "/usr/local/bin", "/usr/bin", "/usr/sbin"];
  const env = {
    ...{ HOME: join(directory, "home"), PATH: path.join(delimiter), TMPDIR: join(directory, "home") },
    // The answers to Pulumi's questions.
    ...{ PULUMI_SKIP_CONFIRMATIONS: "true", PULUMI_CONFIG_PASSPHRASE: "" },
  };
  const script = ["set -e", ...commands, "pulumi destroy"].join("\n");
  const places = [root, dirname(cli.trim()), dirname(process.execPath)];
  const become = ["unshare", "--mount", "sh", "-c", becomeNobody, "sh", ...places];
  const result = await run([...become, ...unshare.split(" "), "sh", "-c", script], { cwd: directory, env });
  expect(result.text).toMatch(/\+ 26 created.*- 26 deleted/s);
  expect(result.code).toBe(0);
});
