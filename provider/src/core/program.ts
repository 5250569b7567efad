import type { Values } from "./check";

/**
 * The inputs that this run's program asks for, by owner, as far as the engine has checked them. With them a conflict with
 * another resource is told from an object that is about to be deleted: the engine deletes last.
 */
export const program = new Map<string, Values>();

export function recordRequest(inputs: Values): void {
  program.set(String(inputs.owner), inputs);
}
