import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(__dirname, "../..");
const processes = 4;
const rounds = 15;
const interval = 150;

/** Takes a lock several times, and reports if another process has it at the same time. */
const program = `
import { mkdirSync, rmdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from ${JSON.stringify(join(root, "scripts/lib/lock.mjs"))};
for (let round = 0; round < ${rounds}; round++) {
  const path = process.argv[1] + "/" + round;
  // All start at the same moment.
  await sleep(Number(process.argv[2]) + round * ${interval} - Date.now());
  await withLock(path, async () => {
    mkdirSync(path + ".inside");
    await sleep(10);
    rmdirSync(path + ".inside");
  });
}`;

test("processes that wait for the lock of a dead process get it one at a time", async () => {
  const directory = mkdtempSync(join(tmpdir(), "localnet-lock-"));
  try {
    // No process has this pid: it is above the kernel's limit.
    for (let round = 0; round < rounds; round++) writeFileSync(join(directory, String(round)), "4194305");
    const argv = ["--input-type=module", "--eval", program, directory, String(Date.now() + 1000)];
    const runs = Array.from({ length: processes }, () => promisify(execFile)(process.execPath, argv));
    for (const run of await Promise.allSettled(runs)) expect(run).toMatchObject({ status: "fulfilled" });
    expect(readdirSync(directory).filter((name) => name.endsWith(".inside"))).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 30_000);
