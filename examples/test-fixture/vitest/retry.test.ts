import { network, unavailable } from "pulumi-localnet/testing";
import { expect, test } from "vitest";
import { get, program } from "../network";

/** Why this machine cannot make a network for a test. */
const reason = unavailable();

test("the client tries again until the network is repaired", async ({ skip }) => {
  skip((await reason) !== undefined, await reason);
  await using lab = await network(program({ cut: true }));
  const gaveUp = await lab.exec("client", get, { env: { ATTEMPTS: "2" } });
  expect(gaveUp).toMatchObject({ exitCode: 1, stdout: "" });

  let mended: Promise<void> | undefined;
  const onOutput = () => {
    // After the first failure.
    mended ??= lab.update(program());
  };
  const answer = await lab.exec("client", get, { onOutput });
  await mended;
  expect(answer.exitCode).toBe(0);
  expect(answer.stderr).toContain("attempt 1: ");
  expect(JSON.parse(answer.stdout)).toMatchObject({ attempt: expect.toSatisfy((n) => n > 1), body: "hello" });
});

test("80 ms of delay and 1 % of loss cost time, but every request is answered", async ({ skip }) => {
  skip((await reason) !== undefined, await reason);
  await using lab = await network(program());
  const netem = await lab.exec("router", ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]);
  skip(netem.exitCode !== 0, "this kernel has no netem");

  await lab.update(program({ impairment: { delayMs: 80, lossPercent: 1 } }));
  const { milliseconds, body } = JSON.parse((await lab.exec("client", get)).stdout);
  expect(body).toBe("hello");
  // The answer to the connect, and that to the request.
  expect(milliseconds).toBeGreaterThanOrEqual(160);
});
