import { Cli } from "./cli";
import { changes, run, type Snapshot, Stack, snapshot } from "./engine";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

/** How often two stacks are created and destroyed at the same time, in each place. */
const rounds = Number(process.env.LOCALNET_TEST_ROUNDS ?? 1);

let sandbox: Sandbox;
let before: Snapshot;
let stacks: Stack[];
const state = () => snapshot([], sandbox.enterArgv);
const runInSandbox = async (...argv: string[]) =>
  expect(await run([...sandbox.enterArgv, ...argv])).toMatchObject({ code: 0 });

type Place = [where: string, netns: (string | undefined)[]];
export const places: readonly [own: Place, one: Place, two: Place] = [
  ["in the host's own namespace", [undefined, undefined]],
  ["in one namespace", ["shared", "shared"]],
  ["in a namespace each", ["one", "two"]],
];

interface More {
  /** Whether to run two large stacks too, with many operations at the same time. */
  readonly wide?: boolean;
  /** Whether to run the same stack twice at the same time. */
  readonly locked?: boolean;
}

/** Runs two stacks at the same time, in each place. */
export function sharesAHost(row: Row, places: readonly Place[], { wide, locked }: More): void {
  describe.each([row])("%s", (_, project) => {
    async function open(name: string, net: number, config: Record<string, string>): Promise<Stack> {
      const stack = new Stack(project, name, {}, sandbox.enterArgv);
      stacks.push(stack);
      await stack.init({ name, net: String(net), ...config });
      return stack;
    }

    beforeEach(async () => {
      stacks = [];
      sandbox = await Sandbox.open();
    });
    afterEach(async () => {
      await sandbox.close();
      for (const stack of stacks) stack.removeState();
    });

    describe.each([...places])("two stacks %s", (_where, namespaces) => {
      test(
        `${rounds} times up and down at the same time: they do not touch each other, and nothing is left`,
        async () => {
          for (const name of new Set(namespaces)) if (name) await runInSandbox("ip", "netns", "add", name);
          before = await state();
          const [one, two] = await Promise.all(
            namespaces.map((netns, index) => open(`s${index}`, 71 + index, netns ? { netns } : {})),
          );
          if (!one || !two) throw new Error("there are two");
          for (let round = 1; round <= rounds; round++) {
            await Promise.all([one.up(), two.up()]);
            await Promise.all([one.destroy(), two.asRecorded()]);
            await Promise.all([one.up(), two.destroy()]);
            await one.asRecorded();
            await one.destroy();
            expect(await state()).toEqual(before);
            if (process.env.LOCALNET_TEST_REPORT) process.stderr.write(`${_where}: round ${round} of ${rounds}\n`);
          }
        },
        4 * 60 * 60_000,
      );
    });

    if (wide)
      test("two programs of 60 resources with --parallel 64, at the same time", async () => {
        before = await state();
        const two = await Promise.all([open("s0", 71, { pods: "18" }), open("s1", 72, { pods: "18" })]);
        const wide = ["--yes", "--skip-preview", "--parallel", "64"];
        const made = await Promise.all(two.map((stack) => stack.pulumi(["up", ...wide, ...stack.target])));
        expect(made.map(({ text }) => changes(text))).toEqual([{ created: 61 }, { created: 61 }]);
        for (const stack of two) await stack.unchanged();
        await Promise.all(two.map((stack) => stack.pulumi(["destroy", ...wide, ...stack.target])));
        expect(await state()).toEqual(before);
      });

    if (locked)
      test("a second run of the same stack gets Pulumi's lock error, and the first one goes on", async () => {
        before = await state();
        const stack = await open("s0", 71, {});
        const first = new Cli(stack, ["up", "--yes", "--skip-preview", ...stack.target]);
        expect(await first.reach(1)).toBe(true);
        const goOn = first.freeze();
        const second = await stack.up(1).finally(goOn);
        expect(second.text).toContain("error: the stack is currently locked by 1 lock(s)");
        expect(second.text).toMatch(/created by \S+ \(pid \d+\)/);
        await first.ended;
        expect(changes(first.text)).toEqual({ created: 13 });
        await stack.unchanged();
        await stack.destroy();
        expect(await state()).toEqual(before);
      });
  });
}
