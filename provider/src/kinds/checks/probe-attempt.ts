import type { Host } from "../../host";
import { throwIfInterrupted } from "../../host/interrupt";
import { serialize } from "../../host/lock";
import { secondsLeft } from "../../host/operation";
import { type Answer, reach, type Target } from "../../tools/traffic";

export interface ProbeArgs extends Target {
  readonly netns?: string | undefined;
  readonly expect: "success" | "failure";
  readonly count: number;
  readonly attempts: number;
  readonly timeoutSeconds: number;
  readonly maxMilliseconds?: number | undefined;
}

interface Results {
  ok: number;
  failed: number;
  bodies: Record<string, number>;
  failures: Record<string, number>;
  milliseconds?: { least: number; median: number; most: number } | undefined;
}

export interface Attempt {
  readonly results: Results;
  /** The number of requests with the expected result. */
  readonly held: number;
  /** What is not as expected; undefined: all is. */
  readonly wrong?: string | undefined;
  /** The last command line. */
  readonly command: string;
  /** Is the time of the operation over? */
  readonly isLate: boolean;
}

/**
 * Probes that expect several answers of one URL run one after the other. A balancer serves clients in turn: of two probes at
 * the same pace, each would always get the same backend.
 */
export function attempt(host: Host, args: ProbeArgs): Promise<Attempt> {
  const { http } = args;
  return Array.isArray(http?.expectBody)
    ? serialize(host, `probe ${http.url}`, () => request(host, args))
    : request(host, args);
}

/** Sends requests one after the other, until one has an unexpected result. */
async function request(host: Host, args: ProbeArgs): Promise<Attempt> {
  const answers: Answer[] = [];
  let isLate = false;
  let isLastAsExpected = true;
  while (isLastAsExpected && answers.length < args.count) {
    throwIfInterrupted();
    // If there is no time left to wait for an answer, its absence is not the expected failure.
    const left = secondsLeft();
    isLate = args.expect === "failure" ? left < args.timeoutSeconds : left <= 0;
    if (isLate) break;
    const answer = failedIfSlow(await reach(host, args.netns, args, Math.min(args.timeoutSeconds, left)), args);
    answers.push(answer);
    isLastAsExpected = answer.ok === (args.expect === "success");
  }
  const held = isLastAsExpected ? answers.length : answers.length - 1;
  const results = summarize(answers);
  const wrong = isLate ? "the time of customTimeouts is over" : judge(args, results, isLastAsExpected);
  return { results, held, wrong, command: answers.at(-1)?.command ?? "", isLate };
}

/** Counts an answer that took too long as a failure. */
function failedIfSlow(answer: Answer, { maxMilliseconds }: ProbeArgs): Answer {
  const isSlow = answer.ok && maxMilliseconds !== undefined && (answer.milliseconds ?? 0) > maxMilliseconds;
  return isSlow ? { ...answer, ok: false, failure: `an answer after more than ${maxMilliseconds} ms` } : answer;
}

function summarize(answers: readonly Answer[]): Results {
  const ok = answers.filter((each) => each.ok).length;
  const times = answers.flatMap(({ milliseconds }) => milliseconds ?? []).sort((a, b) => a - b);
  const [least, most] = [times[0], times.at(-1)];
  const median = times[Math.floor((times.length - 1) / 2)];
  return {
    ...{ ok, failed: answers.length - ok },
    bodies: countEach(answers.flatMap(({ body }) => body ?? [])),
    failures: countEach(answers.flatMap(({ failure }) => failure ?? [])),
    ...(least !== undefined && median !== undefined && most !== undefined && { milliseconds: { least, median, most } }),
  };
}

/** The number of times that each text occurs. A text may be any word, also one that every JavaScript object has as a key. */
function countEach(texts: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function judge({ expect, http }: ProbeArgs, { bodies }: Results, isLastAsExpected: boolean): string | undefined {
  if (!isLastAsExpected)
    return expect === "failure" ? "it should fail and was answered" : "not every request was answered as expected";
  if (expect === "failure") return undefined;
  const missing = [http?.expectBody ?? []].flat().filter((body) => !Object.hasOwn(bodies, body));
  return missing.length ? `no answer was ${missing.join(", ")}` : undefined;
}
