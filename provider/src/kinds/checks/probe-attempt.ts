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
  /** Requests that were as expected. */
  readonly held: number;
  /** What is not as expected; undefined when all is. */
  readonly wrong?: string | undefined;
  /** The last command line. */
  readonly command: string;
  /** The operation's time is over. */
  readonly isLate: boolean;
}

/**
 * Balancing deals in turn to whoever asks: of two probes that ask for every other answer at the same pace, neither would
 * ever see the rest.
 */
export function attempt(host: Host, args: ProbeArgs): Promise<Attempt> {
  const { http } = args;
  return Array.isArray(http?.expectBody)
    ? serialize(host, `probe ${http.url}`, () => request(host, args))
    : request(host, args);
}

/** Requests, one after the other, up to the first that is not as expected. */
async function request(host: Host, args: ProbeArgs): Promise<Attempt> {
  const answers: Answer[] = [];
  let isLate = false;
  let isLastAsExpected = true;
  while (isLastAsExpected && answers.length < args.count) {
    throwIfInterrupted();
    // That there was no time to wait for an answer is not the failure that somebody expects.
    const left = secondsLeft();
    isLate = args.expect === "failure" ? left < args.timeoutSeconds : left <= 0;
    if (isLate) break;
    const answer = limited(await reach(host, args.netns, args, Math.min(args.timeoutSeconds, left)), args);
    answers.push(answer);
    isLastAsExpected = answer.ok === (args.expect === "success");
  }
  const held = isLastAsExpected ? answers.length : answers.length - 1;
  const results = summarize(answers);
  const wrong = isLate ? "the time that customTimeouts allows is over" : judge(args, results, isLastAsExpected);
  return { results, held, wrong, command: answers.at(-1)?.command ?? "", isLate };
}

/** An answer that took too long does not count. */
function limited(answer: Answer, { maxMilliseconds }: ProbeArgs): Answer {
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
    bodies: tally(answers.flatMap(({ body }) => body ?? [])),
    failures: tally(answers.flatMap(({ failure }) => failure ?? [])),
    ...(least !== undefined && median !== undefined && most !== undefined && { milliseconds: { least, median, most } }),
  };
}

/** How often each text comes. A page can hold any, also the name of something that every object of JavaScript has. */
function tally(texts: readonly string[]): Record<string, number> {
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
