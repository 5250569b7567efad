import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, root, run, Stack } from "./engine";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

const directory = mkdtempSync(join(tmpdir(), "localnet-command-"));
afterAll(() => rmSync(directory, { recursive: true }));
let sandbox: Sandbox;
let stack: Stack;

const command = join(root, "provider/bin/localnet");

/** Runs the command in the project's folder, as a user does. */
function localnet(...args: string[]): Promise<Result> {
  const argv = [...sandbox.enterArgv, "node", command, ...args];
  return run(argv, { cwd: stack.project, env: stack.env });
}

const rows = (text: string) => text.split("\n").map((line) => line.split(/ {2,}/));

/** The command `localnet` on examples/two-namespaces: with its state, and with --live. */
export function looksAtTwoNamespaces(row: Row): void {
  describe.each([row])("%s", (_, project) => {
    const source = () => ["--cwd", project, "--stack", stack.name];

    beforeAll(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(project, "test", {}, sandbox.enterArgv);
      await stack.init({ mtu: "1400" });
      await stack.up();
    });
    afterAll(async () => {
      await sandbox.close();
      stack.removeState();
    });

    test("ls shows links with their addresses and their other ends, all ok", async () => {
      const { code, stdout } = await localnet("ls", "--expect-no-changes", ...source());
      expect(code).toBe(0);
      expect(rows(stdout)).toEqual(
        expect.arrayContaining([
          ["left", "Netns", "ok"],
          ["left", "VethPair", "eth-left", "10.90.0.1/24 fd00:90::1/64", "eth-right@right", "ok"],
          ["right", "VethPair", "eth-right", "10.90.0.2/24 fd00:90::2/64", "eth-left@left", "ok"],
        ]),
      );
    });

    test("ls --state shows the same of a state that was exported", async () => {
      const file = join(directory, "state.json");
      await stack.pulumi(["stack", "export", "--file", file, "--stack", stack.name]);
      const { stdout } = await localnet("ls", ...source());
      expect(await localnet("ls", "--state", file)).toMatchObject({ code: 0, stdout });
    });

    test("ls --live shows the same links without a stack, with their owners", async () => {
      const { code, stdout } = await localnet("ls", "--live", "--json");
      expect(code).toBe(0);
      const links = JSON.parse(stdout).filter(({ type }: { type: string }) => type === "VethPair");
      expect(links).toMatchObject([
        { netns: "left", object: "eth-left", leadsTo: ["eth-right@right"], owner: "two-namespaces/test/eth-left" },
        { netns: "right", object: "eth-right", leadsTo: ["eth-left@left"], owner: "two-namespaces/test/eth-left" },
      ]);
    });

    test("exec runs a command in the namespace of a resource, and exits with its code", async () => {
      const ping = await localnet("exec", ...source(), "right", "--", "ping", "-c", "1", "10.90.0.1");
      expect(ping).toMatchObject({ code: 0, stdout: expect.stringContaining(" 0% packet loss") });
      expect(await localnet("exec", ...source(), "eth-left", "--", "sh", "-c", "exit 7")).toMatchObject({ code: 7 });
      const { code, stderr } = await localnet("exec", ...source(), "rigth", "--", "true");
      expect({ code, stderr }).toEqual({ code: 2, stderr: 'localnet: there is no "rigth"; did you mean right?\n' });
    });

    test("shell starts the shell in SHELL, in a namespace", async () => {
      const script = `exec node ${command} shell --live right`;
      const argv = [...sandbox.enterArgv, "sh", "-c", `echo ip -br link show eth-right | SHELL=/bin/sh ${script}`];
      expect((await run(argv)).stdout).toMatch(/^eth-right@/);
    });

    test("capture writes the packets of a link's far end, in tcpdump's format", async () => {
      const file = join(directory, "packets");
      let isDone = false;
      const options = ["--far", "-c", "2", "-w", file, "--", "icmp"];
      const capturing = localnet("capture", ...source(), "eth-left", ...options).finally(() => {
        isDone = true;
      });
      // It captures nothing before it listens.
      while (!isDone) await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
      expect(await capturing).toMatchObject({ code: 0, stderr: expect.stringContaining("2 packets captured") });
      const { stdout } = await run(["tcpdump", "-n", "-r", file]);
      expect(stdout).toMatch(
        /^\S+ IP 10\.90\.0\.1 > 10\.90\.0\.2: ICMP echo request.*\n.* 10\.90\.0\.2 > .* reply.*\n$/,
      );
    });

    test("capture writes each packet to a pipe at once", async () => {
      const script = `node ${command} capture --live -c 1 right -- 'icmp[icmptype] == icmp-echo' | tcpdump -n -r -`;
      let isDone = false;
      const capturing = run([...sandbox.enterArgv, "sh", "-c", script]).finally(() => {
        isDone = true;
      });
      while (!isDone) await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
      expect((await capturing).stdout).toMatch(/^\S+ .*IP 10\.90\.0\.1 > 10\.90\.0\.2: ICMP echo request.*\n$/);
    });

    test("trace shows the way of a ping there and back, and the rule that drops it", async () => {
      const ping = await localnet("trace", ...source(), "--from", "left", "ping", "10.90.0.2");
      expect(ping).toMatchObject({ code: 0, stderr: "" });
      expect(ping.stdout.split("\n")).toEqual([
        ...["ping 10.90.0.2 from left", "  left    out eth-left", "  right   in eth-right", "and back"],
        ...["  right   out eth-right", "  left    in eth-left", "answered by right", ""],
      ]);
      expect(await localnet("trace", ...source(), "--from", "lfet", "ping", "10.90.0.2")).toMatchObject({
        ...{ code: 2, stderr: 'localnet: there is no "lfet"; did you mean left?\n' },
      });
    });

    test("trace leaves nothing behind, also after ^C while it waits", async () => {
      const drop = ["INPUT", "-p", "tcp", "-j", "DROP"];
      await sandbox.ip("netns", "exec", "right", "iptables", "-A", ...drop);
      const tables = () => sandbox.ip("-all", "netns", "exec", "nft", "list", "tables");
      const before = await tables();
      const argv = [...sandbox.enterArgv, "node", command, "trace", "--live", "--from", "left", "tcp://10.90.0.2:80"];
      const [file = "", ...rest] = argv;
      const tracing = spawn(file, rest, { stdio: "ignore", detached: true, env: stack.env });
      const ended = once(tracing, "exit");
      while (!(await tables()).includes("localnet-trace")) expect(tracing.exitCode).toBeNull();
      process.kill(-(tracing.pid ?? 0), "SIGINT");
      await ended;
      const deadline = Date.now() + 5000;
      while ((await tables()) !== before && Date.now() < deadline);
      expect(await tables()).toBe(before);
      await sandbox.ip("netns", "exec", "right", "iptables", "-D", ...drop);
    });

    test("test runs the probes again: one whose traffic no longer flows fails with the reason, and the others are ok", async () => {
      expect(await localnet("test", ...source())).toMatchObject({ code: 0 });
      await sandbox.ip("-n", "right", "addr", "del", "10.90.0.2/24", "dev", "eth-right");
      const { code, stdout } = await localnet("test", "--json", ...source());
      await sandbox.ip("-n", "right", "addr", "add", "10.90.0.2/24", "dev", "eth-right");
      expect({ code, results: JSON.parse(stdout) }).toMatchObject({
        code: 3,
        results: [
          { name: "ping", netns: "left", result: "failed", reason: expect.stringContaining("0 of 1 as expected") },
          { name: "ping6", result: "ok" },
        ],
      });
      expect(await localnet("test", ...source())).toMatchObject({ code: 0 });
    });

    test("ls shows changes by hand, with both values, and objects that are gone", async () => {
      await sandbox.ip("-n", "left", "link", "set", "dev", "eth-left", "mtu", "1300");
      const changed = await localnet("ls", "--expect-no-changes", ...source());
      expect(changed).toMatchObject({ code: 3 });
      expect(changed.stdout).toContain("VethPair eth-left: mtu: wanted 1400, seen 1300\n");
      // The page of the graph shows them too, in red.
      const page = (await localnet("graph", "-f", "html", ...source())).stdout;
      expect(page).toContain("mtu: wanted 1400, seen 1300");
      expect(page).toMatch(/class="[a-z ]* changed"/);

      await sandbox.ip("netns", "del", "right");
      const { stdout } = await localnet("ls", "--json", ...source());
      const states = JSON.parse(stdout).map(({ name, state }: Record<string, string>) => `${name} ${state}`);
      expect(new Set(states)).toEqual(new Set(["left ok", "right gone", "eth-left gone", "ping -", "ping6 -"]));
      await stack.refresh();
      await stack.up();
      expect(await localnet("ls", "--expect-no-changes", ...source())).toMatchObject({ code: 0 });
    });

    test("for a stack that does not exist, one line says so and what to type", async () => {
      const { code, stdout, stderr } = await localnet("ls", "--cwd", project, "--stack", "none");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^localnet: pulumi stack export: no stack named 'none' found.* choose .*--stack[^\n]*\n$/);
    });
  });
}
