import { redactSecrets } from "../host/operation";
import { oneLine } from "../text";

/** Tells the user what no error is about. The engine shows what a provider prints on standard error. */
export function notice(text: string): void {
  console.error(oneLine(redactSecrets(text)));
}
