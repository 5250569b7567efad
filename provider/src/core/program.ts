import type { Values } from "./check";

/**
 * What this run's program asks for, by owner, as far as the engine has come. It tells what is another's by mistake from
 * what is about to be deleted: an engine deletes last.
 */
export const program = new Map<string, Values>();

export function recordRequest(inputs: Values): void {
  program.set(String(inputs.owner), inputs);
}
