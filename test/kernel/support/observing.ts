import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Case } from "./case";
import { onlyReads } from "./reading";
import { testHost } from "./world";

/** The top-level inputs in which the values that were read differ from the inputs. */
export function differences(kind: AnyKind, observed: Values, wanted: Values): string[] {
  const keys = Object.keys(kind.args.shape).filter((key) => key !== "adopt");
  return keys.filter((key) => JSON.stringify(observed[key]) !== JSON.stringify(wanted[key]));
}

/** The commands of a body that do more than read. */
export async function changesOf(spec: Case, body: () => Promise<unknown>): Promise<string[]> {
  const host = testHost();
  const run = jest.spyOn(host, "run");
  const start = jest.spyOn(host, "start");
  try {
    await body();
    const commands = [
      ...run.mock.calls.map(([argv]) => argv).filter((argv) => !onlyReads(argv)),
      ...start.mock.calls.map(([argv]) => argv),
    ];
    return commands.filter((argv) => !spec.reads?.(argv)).map((argv) => argv.join(" "));
  } finally {
    run.mockRestore();
    start.mockRestore();
  }
}
