import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, snapshot } from "../acceptance/engine";
import { commandsOf } from "../acceptance/pages";
import { Sandbox } from "../acceptance/sandbox";

// The commands after README's program, unchanged, in an empty folder and with an empty home.

const base = mkdtempSync(join(tmpdir(), "localnet-readme-"));
const [clone, home, project] = ["clone", "home", "lab"].map((name) => join(base, name)) as [string, string, string];
let sandbox: Sandbox;

beforeAll(async () => {
  for (const folder of [clone, home, project]) mkdirSync(folder);
  symlinkSync(join(root, "templates"), join(clone, "templates"));
  const packed = await run(["npm", "pack", "--silent", "--workspace", "provider", "--pack-destination", clone]);
  expect(packed).toMatchObject({ code: 0 });
  sandbox = await Sandbox.open();
});
afterAll(async () => {
  await sandbox?.close();
  rmSync(base, { recursive: true, force: true });
});

test("README's commands make the project and bring it up, and its pod answers; destroy leaves nothing", async () => {
  const { PULUMI_BACKEND_URL: _, ...environment } = process.env;
  const env = {
    ...{ ...environment, HOME: home, npm_config_userconfig: join(homedir(), ".npmrc") },
    PULUMI_HOME: join(home, ".pulumi"),
    // The answers to Pulumi's questions.
    ...{ PULUMI_SKIP_CONFIRMATIONS: "true", PULUMI_CONFIG_PASSPHRASE: "", PULUMI_SKIP_UPDATE_CHECK: "true" },
  };
  const before = await snapshot([], sandbox.enterArgv);
  const commands = commandsOf("README.md").filter((line) => !line.startsWith("npm run ") && line !== "npm test");
  expect(commands.map((line) => line.split(" ")[0])).toEqual(["pulumi", "pulumi", "npm", "pulumi", "pulumi", "ip"]);
  const texts: string[] = [];
  for (const line of [...commands, "pulumi destroy"]) {
    // --local uses the home folder in the list of users, not HOME.
    const argv = line.replaceAll("CLONE", clone).replace("--local", `file://${home}`).split(" ");
    // The sandbox has no network.
    const prefix = argv[0] === "npm" ? [] : [...sandbox.enterArgv, "env", "-C", project];
    const { code, text } = await run([...prefix, ...argv], { cwd: project, env });
    expect({ line, text, code }).toEqual({ line, text, code: 0 });
    texts.push(text);
  }
  const [up, ping, gone] = texts.slice(-3);
  expect(up).toMatch(/7 created/);
  expect(ping).toMatch(/ 0% packet loss/);
  expect(gone).toMatch(/7 deleted/);
  expect(readdirSync(project)).toEqual(expect.arrayContaining(["Pulumi.yaml", "index.ts", "node_modules"]));
  expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
});
