import { type Lab, LabUnavailable, network } from "pulumi-localnet/testing";
import { get, program } from "../network";

let lab: Lab | undefined;

beforeAll(async () => {
  lab = await network(program({ cut: true })).catch((error) => {
    if (!(error instanceof LabUnavailable)) throw error;
    console.warn(error.message);
    return undefined;
  });
});
afterAll(() => lab?.stop());

test("the client tries again until the network is repaired", async () => {
  if (!lab) return;
  const running = lab;
  let mended: Promise<void> | undefined;
  const onOutput = () => {
    // After the first failure.
    mended ??= running.update(program());
  };
  const answer = await running.exec("client", get, { onOutput });
  await mended;
  expect(answer.exitCode).toBe(0);
  expect(answer.stderr).toContain("attempt 1: ");
  expect(JSON.parse(answer.stdout).attempt).toBeGreaterThan(1);
});
