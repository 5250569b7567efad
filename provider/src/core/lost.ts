/**
 * What objects leave behind that a read of this process found gone: an entry of the ledger, a log. The engine asks for no
 * delete of what is gone, and a read itself writes nothing; so it goes with the next delete of the same run.
 */
export const lost = new Map<string, () => Promise<void>>();
const cleaning = new Map<string, Promise<void>>();

/** It is made again. */
export async function forgetLost(key: string): Promise<void> {
  lost.delete(key);
  await cleaning.get(key);
}

/** Cleans up after all that was lost so far. A failure is no failure of the delete that it goes with. */
export async function cleanUpLost(): Promise<void> {
  for (const [key, cleanUp] of lost) {
    const end = () => void cleaning.delete(key);
    cleaning.set(key, cleanUp().then(end, end));
  }
  lost.clear();
  await Promise.all(cleaning.values());
}
