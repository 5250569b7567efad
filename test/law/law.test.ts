import { appendFileSync } from "node:fs";
import fc from "fast-check";
import { Pairs } from "./support/arbitrary";
import { Broken } from "./support/divergences";
import { type Kernel, readKernel } from "./support/kernel-state";
import { isOpen, open } from "./support/open";
import { obeys, type Pair, Senseless, story } from "./support/pair";

const { LOCALNET_LAW_REPORT: report } = process.env;
const shrinking = process.env.LOCALNET_LAW_SHRINK !== "0";
const { LOCALNET_LAW_SEED: seed = "1", LOCALNET_LAW_PAIRS: pairs = "50", LOCALNET_LAW_PATH: path } = process.env;
const seeds = Array.from({ length: Number(pairs) }, (_, index) => Number(seed) + index);

/** After this a failure is told as small as it is by then. */
const shrinkMilliseconds = 90_000;

let clean: Kernel;

function note(entry: object): void {
  if (report) appendFileSync(report, `${JSON.stringify(entry)}\n`);
}

beforeAll(async () => {
  if (process.env.LOCALNET_TEST_ISOLATED !== "1")
    throw new Error("npm run test:law gives these tests a host of their own");
  clean = await readKernel();
});

/** The ways in which the law was seen to break: of each, one is made as small as can be. */
const broken = new Set<string>();

/** Tries the pair of a seed; where it breaks the law, and only for that, smaller ones that break it in the same way. */
async function tried(seed: number, path: string | undefined, sort?: string): Promise<Failure | undefined> {
  let last: { error: Error; sort: string } | undefined;
  const deadline = Date.now() + shrinkMilliseconds;
  const property = fc.asyncProperty(new Pairs(), async (pair: Pair) => {
    if (sort !== undefined && Date.now() > deadline) return;
    try {
      await obeys(pair, clean, isOpen, sort !== undefined);
    } catch (error) {
      if (error instanceof Senseless) return;
      const failureSort = error instanceof Broken ? error.sort : String(error);
      if (sort !== undefined && failureSort !== sort) return;
      last = { error: error as Error, sort: failureSort };
      throw error;
    }
  });
  const options = { seed, numRuns: 1, ...(path !== undefined && { path }), endOnFailure: sort === undefined };
  const { failed, counterexample, counterexamplePath } = await fc.check(property, options);
  if (!failed || !last) return undefined;
  return { ...last, pair: counterexample?.[0] as Pair, path: String(counterexamplePath) };
}

interface Failure {
  readonly error: Error;
  readonly sort: string;
  readonly pair: Pair;
  readonly path: string;
}

test.each(seeds)(
  "seed %i",
  async (seed) => {
    const began = Date.now();
    const first = await tried(seed, path);
    const milliseconds = Date.now() - began;
    if (!first) return note({ seed, milliseconds });
    const shrinks = shrinking && path === undefined && !broken.has(first.sort);
    broken.add(first.sort);
    const failure = (shrinks && (await tried(seed, path, first.sort))) || first;
    const text = `${failure.error.message}\n\n${story(failure.pair)}`;
    note({ seed, milliseconds, sort: failure.sort, path: failure.path, text });
    throw new Error(`${text}\n\nagain: npm run test:law -- --seed ${seed} --path ${failure.path}`);
  },
  600_000,
);

test.each(open)("still open: $what", async ({ sort, pair }) => {
  const error = await obeys(pair, clean, () => false, true).catch((reason) => reason);
  if (!(error instanceof Broken)) throw error ?? new Error("this diverges no more: take it out of the table");
  expect(error.divergences.map((each) => each.sort)).toContainEqual(expect.stringMatching(sort));
});
