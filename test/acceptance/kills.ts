import { type Snapshot, Stack, snapshot } from "./engine";
import { end, hit, points, report, type Way } from "./hits";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

const resources = 13;

/** A signal, the provider, and the lines of the CLI's output at which the signal is sent. */
interface Hit {
  readonly way: Way;
  readonly row: Row;
  readonly lines: readonly number[];
  readonly env?: NodeJS.ProcessEnv;
  /** A part of the title. */
  readonly more?: string;
}

/** A number of lines of an up of test/fixtures/pods. */
export const linesOf = (count: number) => points(count, resources);

/** Interrupts and kills the CLI during an up and a destroy. The next one continues. */
export function survives(table: readonly Hit[]): void {
  const titled = table.map((hit) => ({ ...hit, title: `${hit.way} to the CLI, ${hit.row[0]}${hit.more ?? ""}` }));
  describe.each(titled)("$title", ({ way, row: [, project], env = {}, lines }) => {
    let sandbox: Sandbox;
    let stack: Stack;
    let before: Snapshot;
    const state = () => snapshot([], sandbox.enterArgv);

    beforeEach(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(project, "test", env, sandbox.enterArgv);
      before = await state();
      await stack.init({ name: "k", net: "77" });
    });
    afterEach(async () => {
      await sandbox.close();
      stack.removeState();
    });

    // Every second time, the next command starts before the provider of the killed one has ended.
    test.each(lines.map((line, index) => [line, index % 2 === 0] as const))(
      "at line %i of up and of destroy: the next one goes on, and nothing is left or there twice",
      async (line, wait) => {
        const left = await hit(stack, "up", way, line, { wait });
        await stack.up();
        await stack.unchanged();
        expect(await stack.pending()).toEqual([]);
        const { iptables = [], processes = [] } = await state();
        expect(iptables).toHaveLength(3);
        expect(processes.filter((each) => each.endsWith(" nc -lk 8080"))).toHaveLength(2);
        left.push(...(await hit(stack, "destroy", way, line, { wait })));
        await stack.destroy();
        await end(left);
        expect(await state()).toEqual(before);
        report(`${way} at line ${line}: converged, nothing left`);
      },
    );
  });
}
