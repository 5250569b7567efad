import { appendFileSync } from "node:fs";

/** The faults that are tried on every kind, in the order of the matrix. scripts/test/matrix.mjs prints it. */
export const faults = [
  "killed between commands",
  "killed before the state is written",
  "killed inside a command",
  "a command fails",
  "a command hangs",
  "^C",
  "removed, then refresh",
  "removed, then destroy",
  "foreign object",
  "held or busy",
  "no permission",
  "no tool",
  "no kernel module",
  "reboot",
] as const;
export type Fault = (typeof faults)[number];

/** How often a fault was tried, how often the kind converged, and how often something was left behind. */
interface Count {
  tried: number;
  converged: number;
  leaking: number;
}

type Note = { readonly kind: string } & (
  | { readonly faults: readonly Fault[] }
  | { readonly fault: Fault; readonly cell: "impossible" | "open"; readonly why: string }
  | ({ readonly fault: Fault } & Count)
);

/** Adds a note to the matrix, beside the results of the tests. */
export function note(entry: Note): void {
  const file = process.env.LOCALNET_TEST_MATRIX;
  if (file) appendFileSync(file, `${JSON.stringify(entry)}\n`);
}
