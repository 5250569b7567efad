import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Cli, gone } from "./cli";
import { type Snapshot, Stack, snapshot } from "./engine";
import { end, isProvider, patience, recover, report, ways } from "./hits";
import { both } from "./providers";
import { Sandbox } from "./sandbox";

let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;

describe.each(both("test/fixtures/waits"))("%s", (_, project) => {
  beforeAll(async () => {
    sandbox = await Sandbox.open();
    stack = new Stack(project, "test", {}, sandbox.inside);
    before = await snapshot([], sandbox.inside);
    await stack.init({ case: "none" });
    await stack.up();
  });
  afterAll(async () => {
    await sandbox.close();
    stack.forget();
  });

  const waits = ways.flatMap((way) => ["probe", "process", "command", "lock"].map((what) => [way, what] as const));

  test.each(waits)(
    "%s while a %s waits: it ends soon, and the next up is as if nothing had been",
    async (way, what) => {
      await stack.set({ case: what });
      const lock = what === "lock" ? lockNamespace() : undefined;
      const cli = new Cli(stack, ["up", "--yes", "--skip-preview", ...stack.target]);
      while (!/ never creating/.test(cli.text)) expect(await cli.reach(cli.steps + 1)).toBe(true);
      await sleep(2000);
      if (way === "SIGINT") {
        const seconds = await cli.interrupt();
        report(`SIGINT while a ${what} waits: ${seconds} s`);
        expect(seconds).toBeLessThan(patience);
        expect(cli.text).toContain("[LN_INTERRUPTED]");
      } else {
        const providers = cli.processes.filter(isProvider);
        expect(providers).not.toEqual([]);
        const left = await cli.kill();
        expect(await gone(providers, patience)).toEqual([]);
        await end(left);
        await recover(stack);
      }
      lock?.stdin.end();
      await stack.set({ case: "none" });
      await stack.up();
      await stack.unchanged();
      expect(await stack.pending()).toEqual([]);
    },
  );

  test("nothing is left", async () => {
    await stack.destroy();
    expect(await snapshot([], sandbox.inside)).toEqual(before);
  });
});

/** As another program does that uses this package, until its standard input ends. */
function lockNamespace() {
  const [file = "", ...args] = sandbox.inside;
  const lock = ["ip", "netns", "exec", "waits", "flock", "/proc/self/ns/net", "cat"];
  return spawn(file, [...args, ...lock], { stdio: ["pipe", "ignore", "inherit"] });
}
