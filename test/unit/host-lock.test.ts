import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { localHost } from "../../provider/src/host/local";
import { withLock } from "../../provider/src/host/lock";

const one = { netns: undefined, what: "one" };
const other = { netns: undefined, what: "other" };
/** More milliseconds than this process may keep a namespace from other programs. */
const long = 5500;

/** Runs bodies and says when they begin and end. */
function listener() {
  const events: string[] = [];
  const body =
    <T>(name: string, inner: () => Promise<T>) =>
    async () => {
      events.push(`${name} begins`);
      const result = await inner();
      events.push(`${name} ends`);
      return result;
    };
  return { events, body };
}

test("a body takes locks after long too, while another program and another body wait for it", async () => {
  const host = localHost(false, 60);
  const { events, body } = listener();
  const same = () =>
    withLock(
      host,
      one,
      body("same", async () => {}),
    );
  const outer = body("outer", async () => {
    await sleep(long + 500);
    await withLock(host, other, body("inner", same));
  });
  const first = withLock(host, one, outer);
  await sleep(1000);
  // Its end is seen here some time after it, so it says itself when it had the lock.
  const program = promisify(execFile)("flock", ["-w", "20", "/proc/self/ns/net", "date", "+%s%3N"]);
  await sleep(long - 1000);
  const late = withLock(
    host,
    other,
    body("late", async () => Date.now()),
  );
  const [, { stdout }, began] = await Promise.all([first, program, late]);
  expect(events).toEqual([
    ...["outer begins", "inner begins", "same begins", "same ends", "inner ends", "outer ends"],
    ...["late begins", "late ends"],
  ]);
  expect(Number(stdout)).toBeLessThanOrEqual(began);
}, 15_000);

test("bodies for one object that a body begins at once run one after the other", async () => {
  const host = localHost(false, 60);
  const { events, body } = listener();
  const inner = ["a", "b"].map((name) => body(name, () => sleep(20)));
  await withLock(host, one, async () => {
    await Promise.all(inner.map((each) => withLock(host, one, each)));
  });
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});
