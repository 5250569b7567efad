import * as pulumi from "@pulumi/pulumi";
import { type Values, withoutUndefined } from "../../core/values";
import { answer } from "../../functions";
import { visible } from "../../text";
import { keys, settingsIn } from "../settings";

/** Runs a function in the program's own process. */
export async function answerHere(name: string, args: Values, configured: (key: string) => unknown): Promise<Values> {
  try {
    return await answer(
      name,
      withoutUndefined(args),
      settingsIn(Object.fromEntries(keys.map((key) => [key, configured(key)]))),
    );
  } catch (error) {
    // Pulumi shows a RunError without a stack trace, which would not help here.
    throw new pulumi.RunError(visible(error instanceof Error ? error.message : String(error)));
  }
}
