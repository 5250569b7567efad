import { type Snapshot, Stack, snapshot } from "./engine";
import { end, hit, points, report, ways } from "./hits";
import { both } from "./providers";
import { Sandbox } from "./sandbox";

const resources = 13;
const lines = points(Number(process.env.LOCALNET_TEST_POINTS ?? 2), resources);

/** The engine writes the state once, at the end: of what a killed up made, the state knows nothing. */
const once = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

const table = both("test/fixtures/pods").flatMap(([provider, project]) => [
  ...ways.map((way) => ({ way, provider, project, env: {}, lines })),
  { way: "SIGKILL" as const, provider: `${provider}, no checkpoints`, project, env: once, lines: lines.slice(-1) },
]);

describe.each(table)("$way to the CLI, $provider", ({ way, project, env, lines }) => {
  let sandbox: Sandbox;
  let stack: Stack;
  let before: Snapshot;
  const seen = () => snapshot([], sandbox.inside);

  beforeEach(async () => {
    sandbox = await Sandbox.open();
    stack = new Stack(project, "test", env, sandbox.inside);
    before = await seen();
    await stack.init({ name: "k", net: "77" });
  });
  afterEach(async () => {
    await sandbox.close();
    stack.forget();
  });

  // Every other time the next command comes before the provider of the killed one has ended.
  test.each(lines.map((line, index) => [line, index % 2 === 0] as const))(
    "at line %i of up and of destroy: the next one goes on, and nothing is left or there twice",
    async (line, wait) => {
      const left = await hit(stack, "up", way, line, { wait });
      await stack.up();
      await stack.unchanged();
      expect(await stack.pending()).toEqual([]);
      const { iptables = [], processes = [] } = await seen();
      expect(iptables).toHaveLength(3);
      expect(processes.filter((each) => each.endsWith(" nc -lk 8080"))).toHaveLength(2);
      left.push(...(await hit(stack, "destroy", way, line, { wait })));
      await stack.destroy();
      await end(left);
      expect(await seen()).toEqual(before);
      report(`${way} at line ${line}: converged, nothing left`);
    },
  );
});
