import { LocalnetError } from "../errors";
import { isMissingObject } from "../host/command-error";
import { pause } from "../host/interrupt";
import { secondsLeft, showProgress } from "../host/operation";

/** Seconds to wait for something that another operation may be about to make. */
const limitSeconds = 10;
/** Seconds without any other operation after which nothing more is expected. The engine starts the next one sooner. */
const quietSeconds = 0.5;
const pollMilliseconds = 50;

/** This process's operations that make or remove something: how many are working, and how many have ended. */
let working = 0;
let ended = 0;
let lastChange = 0;

/**
 * Runs an operation, and tries it again whenever another one has ended. An object may need a namespace, a link or a chain that
 * another resource of the same run makes: a program with plain names, such as an import writes, does not say the order.
 * Also for removing what others still use (`LN_BUSY`), such as a chain with rules, and for making what another resource of
 * the program still has.
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
  return error.code === "LN_BUSY" || error.mayPass === true || isMissingObject(error);
}

/** Waits until another operation ends; returns false if none is expected to. */
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
