import { LocalnetError } from "../errors";
import { isCauseElsewhere } from "../host/command-error";
import { pause } from "../host/interrupt";
import { secondsLeft, showProgress } from "../host/operation";

/** Seconds to wait for what another operation may be about to make. */
const limitSeconds = 10;
/** Seconds without any other operation, after which nobody is about to make it. The engine begins the next one sooner. */
const quietSeconds = 0.5;
const pollMilliseconds = 50;

/** Operations that make or remove something, of this process: those that are at work, and how many have come to their end. */
let working = 0;
let ended = 0;
let lastChange = 0;

/**
 * What is about to be made may need a namespace, a link or a chain that another resource of the same run makes: a program of
 * bare names, such as an import writes, does not tell the order. So an operation that misses one waits for the others, and
 * is tried again whenever one of them has ended. So does one that removes what others still use (`LN_BUSY`), such as a
 * chain with rules, and one that makes what another resource of the program still has.
 */
export async function waitForOthers<T>(body: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + Math.min(limitSeconds, secondsLeft()) * 1000;
  count(1);
  try {
    for (;;) {
      const before = ended;
      try {
        return await body();
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof LocalnetError ? error.cause : error;
        if (!(cause instanceof LocalnetError) || !dependsOnOthers(cause)) throw error;
        showProgress(`waiting for another resource: ${cause.summary}`);
        if (!(await hasOtherEnded(before, deadline))) throw error;
      }
    }
  } finally {
    ended += 1;
    count(-1);
  }
}

function dependsOnOthers(error: LocalnetError): boolean {
  return error.code === "LN_BUSY" || error.mayPass === true || isCauseElsewhere(error);
}

/** Has another operation ended since? False: none is about to. */
async function hasOtherEnded(before: number, deadline: number): Promise<boolean> {
  count(-1);
  try {
    while (ended === before) {
      const isQuiet = working === 0 && Date.now() - lastChange > quietSeconds * 1000;
      if (isQuiet || Date.now() > deadline) return false;
      await pause(pollMilliseconds);
    }
    return Date.now() <= deadline;
  } finally {
    working += 1;
  }
}

function count(difference: 1 | -1): void {
  working += difference;
  lastChange = Date.now();
}
