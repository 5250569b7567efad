/**
 * Clean-ups of objects that a read found gone: they leave an entry of the ledger or a log. The engine does not delete what is
 * gone, and a read must not write, so the next delete of the same run does it.
 */
export const pendingCleanUps = new Map<string, () => Promise<void>>();
/** Removals and clean-ups that are running. */
const removals = new Map<string, Promise<void>>();

/** Before an object is made again: drops its clean-up, and waits for a removal that is running. */
export async function cancelCleanUp(key: string): Promise<void> {
  pendingCleanUps.delete(key);
  await removals.get(key);
}

/**
 * Runs a removal that `cancelCleanUp` waits for. The engine may remove an object and make it again at the same time, if its
 * resource depended on one that is replaced, and no longer does.
 */
export function trackRemoval(key: string, remove: () => Promise<void>): Promise<void> {
  const removal = remove();
  const end: Promise<void> = removal
    .then(
      () => undefined,
      () => undefined,
    )
    .finally(() => {
      // A later removal of the same object may have begun.
      if (removals.get(key) === end) removals.delete(key);
    });
  removals.set(key, end);
  return removal;
}

/** Runs all pending clean-ups. If one fails, the delete that runs them does not. */
export async function runPendingCleanUps(): Promise<void> {
  const cleaned = [...pendingCleanUps].map(([key, cleanUp]) => trackRemoval(key, cleanUp));
  pendingCleanUps.clear();
  await Promise.allSettled(cleaned);
}
