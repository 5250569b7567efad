/** Tells the user what is no failure. The engine shows what its providers print. */
export function note(text: string): void {
  console.error(text.replace(/[^\x20-\x7e]/g, "?"));
}
