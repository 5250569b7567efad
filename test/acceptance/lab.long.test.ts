import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root, run } from "./engine";
import { commandsOf } from "./pages";

// README's lab by its commands, in a copy of the clone, so that a lab of this clone stays up.

const clone = join(mkdtempSync(join(tmpdir(), "localnet-clone-")), "clone");
const lab = (command: string, input = "") =>
  run(["sh", "-c", `printf '%s' "$1" | npm run -s ${command}`, "sh", input], {
    cwd: clone,
    env: { ...process.env, LOCALNET_WHERE: "vm" },
  });

beforeAll(() => {
  const isSource = (path: string) => !/(^|\/)(node_modules|\.git|\.localnet)(\/|$)/.test(relative(root, path));
  cpSync(root, clone, { recursive: true, filter: isSource });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
});
afterAll(async () => {
  if (existsSync(join(clone, ".localnet"))) await lab("vm stop");
  rmSync(join(clone, ".."), { recursive: true, force: true });
});

test("npm run lab brings it up, as README shows; it can be entered; lab:down leaves the machine as it was", async () => {
  expect(commandsOf("README.md")).toContain("npm run lab");
  const up = await lab("lab");
  expect(up.text).toMatch(/8 +foo: 4 x GET http:\/\/172\.23\.0\.1:8080 +bar and foo +bar and foo +ok\n/);
  expect(up.code).toBe(0);
  expect((await lab("lab:shell", "ip netns exec foo ip -br addr\n")).stdout).toMatch(/eth0@\S+ +UP +\d/);
  expect((await lab("pulumi -- stack")).stdout).toMatch(/Current stack resources \(\d\d/);
  const down = await lab("lab:down");
  expect(down.stdout).toMatch(
    /Compared with how it was before the lab:(\n +\w+: as before)+\nThe virtual machine is gone\n$/,
  );
  expect(down.code).toBe(0);
});
