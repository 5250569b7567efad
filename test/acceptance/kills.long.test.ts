import { ways } from "./hits";
import { linesOf, survives } from "./kills";
import { dynamic, native } from "./providers";

/** The engine writes the state only at the end. The state of a killed up has none of its objects. */
const once = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
const lines = linesOf(Number(process.env.LOCALNET_TEST_POINTS ?? 2));

survives(
  [dynamic("test/fixtures/pods"), native("test/fixtures/pods")].flatMap((row) => [
    ...ways.map((way) => ({ way, row, lines })),
    { way: "SIGKILL" as const, row, lines: lines.slice(-1), env: once, more: ", no checkpoints" },
  ]),
);
