import { redactSecrets } from "../host/operation";
import { oneLine } from "../text";

/** Shows the user a message that is not an error. The engine shows what a provider prints on standard error. */
export function notice(text: string): void {
  console.error(oneLine(redactSecrets(text)));
}
