// npm run test:law -- [--pairs N] [--seed FIRST] [--path PATH] [--workers N]: random programs, and those that break the law.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    pairs: { type: "string" },
    seed: { type: "string", default: "1" },
    path: { type: "string" },
    workers: { type: "string", default: "1" },
  },
});
const one = values.path !== undefined || (values.pairs === undefined && values.seed !== "1");
const pairs = Number(values.pairs ?? (one ? 1 : 100));
const workers = Math.min(Number(values.workers), pairs);
const directory = mkdtempSync(join(tmpdir(), "localnet-law-"));
const began = Date.now();
try {
  const codes = await Promise.all(Array.from({ length: workers }, (_, number) => run(number)));
  const notes = Array.from({ length: workers }, (_, number) => notesOf(number)).flat();
  const broken = notes.filter(({ sort }) => sort);
  const rate = Math.round((notes.length * 60_000) / (Date.now() - began));
  console.log(`${notes.length} pairs, ${rate} a minute; ${broken.length} break the law`);
  for (const [sort, those] of groups(broken)) {
    console.log(`\n${those.length} x, seeds ${those.map(({ seed }) => seed).join(", ")}`);
    console.log(those.toSorted((one, other) => one.text.length - other.text.length)[0].text ?? sort);
  }
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

/** A part of the pairs, on a host of its own. */
async function run(number) {
  const count = Math.floor(pairs / workers) + (number < pairs % workers ? 1 : 0);
  const before = Array.from(
    { length: number },
    (_, each) => Math.floor(pairs / workers) + (each < pairs % workers ? 1 : 0),
  );
  const env = {
    ...process.env,
    LOCALNET_LAW_REPORT: reportOf(number),
    LOCALNET_LAW_PAIRS: String(count),
    LOCALNET_LAW_SEED: String(before.reduce((sum, each) => sum + each, Number(values.seed))),
    ...(values.path !== undefined && { LOCALNET_LAW_PATH: values.path }),
  };
  const jest = [
    join(root, "node_modules/.bin/jest"),
    "--selectProjects",
    "law",
    "--testPathPatterns",
    "law\\.test\\.ts$",
  ];
  const child = spawn(join(root, "test/law/isolated.sh"), jest, {
    cwd: root,
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "close");
  return code;
}

function reportOf(number) {
  return join(directory, String(number));
}

function notesOf(number) {
  try {
    return readFileSync(reportOf(number), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

function groups(broken) {
  const sorts = [...new Set(broken.map(({ sort }) => sort))];
  return sorts.map((sort) => [sort, broken.filter((each) => each.sort === sort)]);
}
