import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programs, recorded } from "../../scripts/bench/execs.mjs";
import { changes, root, Stack } from "./engine";
import { Sandbox } from "./sandbox";

// Uses the bench's program and its counts. No time is asserted.
const objects = 80;
const directory = mkdtempSync(join(tmpdir(), "localnet-bench-"));
const file = join(directory, "programs");
let sandbox: Sandbox;
let stack: Stack;

/** How many processes of ip, iptables, the tools that start them, and the ledger the last run of the CLI started. */
function commands(): number {
  const ours = Object.entries(programs(file)).filter(([name]) =>
    /^(ip|ip6?tables.*|nsenter|flock|ln|ls|find|mkdir)$/.test(name),
  );
  return ours.reduce((sum, [, count]) => sum + count, 0);
}

/** A provider, its import path, and the largest number of processes in an up without changes. */
interface Measured {
  readonly provider: string;
  readonly kinds: string;
  readonly unchanged: number;
}

/** Limits for the processes that a provider starts. */
export function startsFewProcesses(measured: Measured): void {
  afterAll(() => rmSync(directory, { recursive: true }));

  describe.each([measured])(
    `${objects} bridges and rules of one namespace, with the $provider`,
    ({ kinds, unchanged }) => {
      beforeAll(async () => {
        sandbox = await Sandbox.open();
        stack = new Stack(join(root, "bench"), "test", {}, [...sandbox.enterArgv, ...recorded([], file)]);
        await stack.init({ kinds, workload: "objects", count: String(objects) });
      });
      afterAll(async () => {
        await sandbox.close();
        stack.removeState();
        rmSync(file, { force: true });
      });

      test("up starts at least one process for each of them", async () => {
        expect(changes((await stack.up()).text)).toMatchObject({ created: objects + 2 });
        expect(commands()).toBeGreaterThan(objects);
      });

      test("a refresh starts fewer than 20 processes for all of them", async () => {
        await stack.asRecorded();
        expect(commands()).toBeGreaterThan(0);
        expect(commands()).toBeLessThan(20);
      });

      test(`an up that changes nothing starts ${unchanged || "none"}${unchanged ? " at most" : ""}`, async () => {
        expect(changes((await stack.up()).text)).toEqual({ unchanged: objects + 2 });
        expect(commands()).toBeLessThanOrEqual(unchanged);
      });
    },
  );

  describe.each([measured])("20 pods, with the $provider", ({ kinds }) => {
    const pods = 20;
    const most = { up: 3, destroy: 4 };
    beforeAll(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(join(root, "bench"), "test", {}, [...sandbox.enterArgv, ...recorded([], file)]);
      await stack.init({ kinds, workload: "pods", count: String(pods) });
    });
    afterAll(async () => {
      await sandbox.close();
      stack.removeState();
      rmSync(file, { force: true });
    });

    test(`up starts ${most.up} processes for each at most`, async () => {
      expect(changes((await stack.up()).text)).toMatchObject({ created: pods + 2 });
      expect(commands()).toBeLessThanOrEqual(most.up * pods);
    });

    test(`destroy starts ${most.destroy} for each at most`, async () => {
      expect(changes((await stack.destroy()).text)).toMatchObject({ deleted: pods + 2 });
      expect(commands()).toBeLessThanOrEqual(most.destroy * pods);
    });
  });
}
