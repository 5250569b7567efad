import { run, type Snapshot, Stack, snapshot } from "./engine";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

export const fixture = "test/fixtures/side-by-side";

/** Two stacks of one program on one host at the same time. */
export function sideBySide(
  [provider, project]: Row,
  set: (stack: Stack) => Promise<unknown>,
  expected: (stack: string) => { bridge: string; pod: string },
): void {
  let sandbox: Sandbox;
  let stacks: Stack[];
  let before: Snapshot;
  const takeSnapshot = () => snapshot([], sandbox.enterArgv);
  const each = (body: (stack: Stack) => Promise<unknown>) => Promise.all(stacks.map(body));

  beforeAll(async () => {
    sandbox = await Sandbox.open();
    // The first command of iptables makes tables that stay.
    await run([...sandbox.enterArgv, "iptables", "-w", "-N", "before"]);
    before = await takeSnapshot();
    stacks = ["one", "two"].map((name) => new Stack(project, name, {}, sandbox.enterArgv));
    for (const stack of stacks) {
      await stack.init();
      await set(stack);
    }
  });
  afterAll(async () => {
    await sandbox?.close();
    for (const stack of stacks ?? []) stack.removeState();
  });

  test(`${provider}: both are up at the same time, each with its own names`, async () => {
    await each((stack) => stack.up());
    const outputs = await Promise.all(stacks.map((stack) => stack.outputs()));
    expect(outputs).toEqual(stacks.map(({ name }) => expected(name)));
    await each((stack) => stack.unchanged());
    await each((stack) => stack.refresh());
    await each((stack) => stack.unchanged());
  });

  test(`${provider}: they are destroyed one after the other, and nothing is left`, async () => {
    const [one, two] = stacks as [Stack, Stack];
    await one.destroy();
    await two.asRecorded();
    await two.unchanged();
    await two.destroy();
    expect(await takeSnapshot()).toEqual(before);
  });
}
