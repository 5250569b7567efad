import { type Snapshot, Stack, snapshot, vm } from "./engine";
import { hit, patienceWithVm, points, report, ways } from "./hits";
import { lab } from "./providers";

const resources = 27;
const wanted = process.env.LOCALNET_TEST_POINTS;
const lines = points(Number(wanted ?? 1), resources);

const { host, ssh } = vm();
// Each signal with one provider, unless more points are wanted. kills.long.test.ts has a smaller program, and each signal with both.
const table = lab().flatMap((each, index) =>
  ways.filter((_, other) => wanted || other === index).map((way) => [way, ...each] as const),
);

describe.each(table)("%s to the CLI, %s", (way, _, project) => {
  const stack = new Stack(project);
  let before: Snapshot;

  beforeAll(async () => {
    before = await snapshot(ssh);
    await stack.init({ "localnet:host": host });
  });
  afterEach(() => stack.destroy());
  afterAll(() => stack.dispose());

  test.each(lines)(
    "at line %i of the lab's up and of its destroy: the next one goes on, and nothing is left or there twice",
    async (line) => {
      await hit(stack, "up", way, line, { seconds: patienceWithVm });
      await stack.up();
      // The lab's reference to its own stack has the parts of the previous update.
      if (!(await stack.outputs()).settled) await stack.up();
      await stack.unchanged();
      await hit(stack, "destroy", way, line, { seconds: patienceWithVm });
      await stack.destroy();
      expect(await snapshot(ssh)).toEqual(before);
      report(`${way} at line ${line}: converged, nothing left`);
    },
    60 * 60_000,
  );
});
