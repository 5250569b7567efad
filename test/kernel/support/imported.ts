import type { Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import type { Case } from "./case";
import { changesOf } from "./observing";
import { hostUrl, settings, testHost } from "./world";

/** The settings with the host, which an id does not name. */
export const elsewhere = { ...settings, host: hostUrl };

/** Imports an object that is listed. No command of it may change anything. */
export async function imported(
  spec: Case,
  id: string,
  owner: string,
): Promise<{ id: string; inputs: Values; outputs: Values }> {
  let importable: Awaited<ReturnType<typeof findImportable>>;
  const changes = await changesOf(spec, async () => {
    const ids = await spec.kind.imports?.list(
      testHost(),
      spec.importsFrom ?? (spec.inputs.netns as string | undefined),
    );
    if (!spec.unlisted) expect(ids).toContainEqual({ id });
    importable = await findImportable(spec.kind, id, owner, elsewhere);
  });
  expect(changes).toEqual([]);
  if (!importable) throw new Error(`import does not find ${id}`);
  return importable;
}
