import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run, type Snapshot, Stack } from "./engine";
import { dynamic, native } from "./providers";
import { fixture } from "./several-hosts";
import { SshHosts } from "./ssh-hosts";

// A host that refuses this user, or sudo there, is told at preview, before anything is changed on another one.

describe.each([native(fixture), dynamic(fixture)])("%s", (_, project) => {
  const files = mkdtempSync(join(tmpdir(), "localnet-refused-"));
  let net: SshHosts;
  let stack: Stack;
  let before: Snapshot;
  const user = (name: string, number = 1) => net.host(number).url.replace("root@", `${name}@`);
  const must = async (script: string) =>
    expect(await net.host(1).exec(["sh", "-ec", script])).toMatchObject({ code: 0, stderr: "" });

  /** A file of the first host's with a line more, or with this text alone. */
  async function put(path: string, mode: number, text: string): Promise<void> {
    const file = join(files, path.replaceAll("/", "-"));
    writeFileSync(file, text);
    chmodSync(file, mode);
    await must(`umount ${path} 2>/dev/null || true; mount --bind ${file} ${path}`);
  }

  const sudoers = (line: string) => put("/etc/sudoers", 0o440, `root ALL=(ALL:ALL) ALL\n${line}\n`);

  beforeAll(async () => {
    net = await SshHosts.open(2);
    const directory = dirname(net.env.LOCALNET_SSH_CONFIG ?? "");
    // The server reads the keys of a user as that user.
    for (const path of [directory, files]) chmodSync(path, 0o755);
    const read = async (path: string) => (await net.host(1).exec(["cat", path])).stdout;
    await put(
      "/etc/passwd",
      0o644,
      `${await read("/etc/passwd")}lab:x:4242:4242::/tmp:/bin/sh\nguest:x:4243:4243::/tmp:/usr/sbin/nologin\n`,
    );
    await put("/etc/shadow", 0o600, `${await read("/etc/shadow")}lab:*:19000::::::\nguest:*:19000::::::\n`);
    const other = await run(["cat", join(directory, "user.pub")]);
    writeFileSync(join(directory, "known_hosts"), `192.0.2.2 ${other.stdout}`);
    before = await net.host(1).snapshot();
    stack = new Stack(project, "test", net.env, net.enterArgv);
    await stack.init({ connectTimeoutSeconds: "5" });
  });
  afterAll(async () => {
    stack?.removeState();
    await net?.close();
    rmSync(files, { recursive: true, force: true });
  });

  /** Beside a host that takes all, so that something could be changed. */
  async function refusedAtPreview(host: string, message: RegExp): Promise<void> {
    await stack.set({ hosts: `${net.host(1).url},${host}` });
    const { text } = await stack.pulumi(["up", "--yes", ...stack.target], 1);
    expect(text).toMatch(message);
    expect(text).not.toMatch(/for up to|^Updating/m);
    expect(await net.host(1).snapshot()).toEqual(before);
  }

  test.each<[string, () => string, string]>([
    [
      "a host of no such name",
      () => "ssh://root@nowhere.invalid",
      "ssh: Could not resolve hostname nowhere.invalid: .+",
    ],
    ["a key that is refused", () => user("stranger"), "stranger@192.0.2.1: Permission denied \\(publickey\\)."],
    ["a user who may run nothing there", () => user("guest"), "This account is currently not available."],
    ["another key of the host", () => user("root", 2), "Host key verification failed."],
  ])("%s", async (_name, host, says) => {
    const rule = `host: must be one that "ssh ${host()} true" reaches without a question, which says: ${says}`;
    await refusedAtPreview(host(), new RegExp(rule));
  });

  describe("sudo", () => {
    beforeAll(() => stack.set({ sudo: "true" }));

    test.each<[string, () => Promise<void>, string]>([
      [
        "that asks for a password",
        () => sudoers("lab ALL=(ALL) ALL"),
        "sudo does not allow it without a password: .*NOPASSWD",
      ],
      ["that knows nothing of the user", () => sudoers(""), "sudo does not allow it without a password: .*NOPASSWD"],
      [
        "for another command alone",
        () => sudoers("lab ALL=(ALL) NOPASSWD: /usr/bin/id"),
        "sudo does not allow it without a password: .*NOPASSWD",
      ],
      [
        "that is not there",
        () =>
          must(
            "mkdir /run/upper /run/work; mknod /run/upper/sudo c 0 0; mount -t overlay none -o lowerdir=/usr/bin,upperdir=/run/upper,workdir=/run/work /usr/bin",
          ),
        'there is no command "sudo": install',
      ],
    ])("%s", async (_name, arrange, says) => {
      await arrange();
      before = await net.host(1).snapshot();
      await refusedAtPreview(user("lab"), new RegExp(`sudo: must be false, or work on ssh://\\w+@192.0.2.1: ${says}`));
    });

    test("that allows all is used", async () => {
      await must("umount -l /usr/bin; rm -r /run/upper /run/work");
      await sudoers("lab ALL=(ALL) NOPASSWD: ALL");
      await stack.set({ hosts: user("lab") });
      await stack.up();
      expect(await net.host(1).ip("netns", "list")).toMatch(/h1-pod1/);
      await stack.unchanged();
      await stack.destroy();
      expect(await net.host(1).ip("netns", "list")).toBe("");
    });
  });

  test("a host that does not answer yet is no failure of a preview, and none of its resources wait", async () => {
    await stack.set({ hosts: `${net.host(1).url},ssh://root@192.0.2.9`, sudo: "false" });
    const { text } = await stack.preview();
    expect(text).toMatch(/h2-pod1 +create\b/);
    expect(text).not.toContain("for up to");
  });
});
