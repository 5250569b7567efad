import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Cli, gone } from "./cli";
import { type Snapshot, Stack, snapshot } from "./engine";
import { end, isProvider, patience, recover, report, ways } from "./hits";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

/** The names in the program. */
const waiting = ["command", "lock", "probe", "process"];

let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;

/** ^C and a kill while resources wait. */
export function endsWhileWaiting(row: Row): void {
  describe.each([row])("%s", (_, project) => {
    beforeAll(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(project, "test", {}, sandbox.enterArgv);
      before = await snapshot([], sandbox.enterArgv);
      await stack.init({ waiting: "false" });
      await stack.up();
    });
    afterAll(async () => {
      await sandbox.close();
      stack.removeState();
    });

    test.each(ways)(
      "%s while a probe, a process, a command and a lock wait: all end soon, and the next up is as if nothing had been",
      async (way) => {
        await stack.set({ waiting: "true" });
        const lock = lockNamespace();
        const cli = new Cli(stack, ["up", "--yes", "--skip-preview", ...stack.target]);
        const begun = () => waiting.every((name) => cli.text.includes(` ${name} creating`));
        while (!begun()) expect(await cli.reach(cli.steps + 1)).toBe(true);
        await sleep(2000);
        if (way === "SIGINT") {
          const seconds = await cli.interrupt();
          report(`SIGINT while all wait: ${seconds} s`);
          expect(seconds).toBeLessThan(patience);
          const interrupted = [...cli.text.matchAll(/\((\w+)\):\n +error: .*\[LN_INTERRUPTED\]$/gm)].map(
            ([, name]) => name,
          );
          expect(interrupted.sort()).toEqual(waiting);
        } else {
          const providers = cli.processes.filter(isProvider);
          expect(providers).not.toEqual([]);
          const left = await cli.kill();
          expect(await gone(providers, patience)).toEqual([]);
          await end(left);
          await recover(stack);
        }
        lock.stdin.end();
        await stack.set({ waiting: "false" });
        await stack.up();
        expect(await stack.pending()).toEqual([]);
      },
    );

    test("the preview is empty, and destroy leaves nothing", async () => {
      await stack.unchanged();
      await stack.destroy();
      expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
    });
  });
}

/** Holds a lock like another program that uses this package, until its standard input ends. */
function lockNamespace() {
  const [file = "", ...args] = sandbox.enterArgv;
  const lock = ["ip", "netns", "exec", "waits", "flock", "/proc/self/ns/net", "cat"];
  return spawn(file, [...args, ...lock], { stdio: ["pipe", "ignore", "inherit"] });
}
