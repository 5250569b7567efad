/**
 * What objects leave behind that a read of this process found gone: an entry of the ledger, a log. The engine asks for no
 * delete of what is gone, and a read itself writes nothing; so it goes with the next delete of the same run.
 */
export const lost = new Map<string, () => Promise<void>>();
/** Objects that are being taken away, or what they have left behind. */
const going = new Map<string, Promise<void>>();

/** It is made again, once its removal is at its end. */
export async function cancelCleanUp(key: string): Promise<void> {
  lost.delete(key);
  await going.get(key);
}

/**
 * Removes an object. Where its resource depends on one that is replaced, and in the new program no more, the engine may ask
 * for it to be made anew at the same time.
 */
export function whileGoing(key: string, remove: () => Promise<void>): Promise<void> {
  const removal = remove();
  const end: Promise<void> = removal
    .then(
      () => undefined,
      () => undefined,
    )
    .finally(() => {
      // Another one of the same object may have begun.
      if (going.get(key) === end) going.delete(key);
    });
  going.set(key, end);
  return removal;
}

/** Cleans up after all that was lost so far. A failure is no failure of the delete that it goes with. */
export async function cleanUpLost(): Promise<void> {
  const cleaned = [...lost].map(([key, cleanUp]) => whileGoing(key, cleanUp));
  lost.clear();
  await Promise.allSettled(cleaned);
}
