import { z } from "zod";
import { toJsonValues } from "../core/compare";
import { hostUrl } from "../core/kind";
import type { Values } from "../core/values";
import { LocalnetError } from "../errors";
import { type Host, type HostSettings, openHost } from "../host";
import { requireTools, type Tool } from "../host/requirements";

const common = {
  /**
   * The host to read: `ssh://[user@]name[:port]`. Default: the stack configuration `localnet:host`, or that of the provider,
   * or else this machine.
   */
  host: hostUrl.optional(),
} as const;

/** A question about a host that a program asks while it runs, during a preview too. It changes nothing. */
interface Definition<A extends z.ZodRawShape, O extends z.ZodRawShape> {
  readonly name: string;
  readonly summary: string;
  readonly args: A;
  readonly outputs: O;
  readonly needs: readonly Tool[];
  run(host: Host, args: z.output<z.ZodObject<A>>): Promise<z.output<z.ZodObject<O>>>;
}

export function defineFunction<A extends z.ZodRawShape, O extends z.ZodRawShape>(definition: Definition<A, O>) {
  const { name, needs } = definition;
  const args = z.strictObject({ ...definition.args, ...common });
  return {
    ...definition,
    args: args as unknown as z.ZodObject<A & typeof common>,
    outputs: z.object(definition.outputs),

    async answer(given: Values, settings: HostSettings): Promise<Values> {
      try {
        const result = args.safeParse(given);
        if (!result.success) throw new LocalnetError("LN_INPUT", result.error.issues.map(reason).join("; "));
        const { host: url } = result.data as { host?: string };
        const host = openHost(url, settings);
        await requireTools(host, needs);
        return toJsonValues(await definition.run(host, result.data as z.output<z.ZodObject<A>>));
      } catch (error) {
        if (error instanceof LocalnetError) throw error.about({ kind: name, id: idOf(given), op: "read" });
        throw error;
      }
    },
  };
}

function reason({ path, message }: z.core.$ZodIssue): string {
  return path.length > 0 ? `${path.join(".")}: ${message}` : message;
}

/** The name for errors. */
function idOf({ name, netns }: Values): string {
  return [name, netns && `@${netns}`].filter((text) => typeof text === "string").join("");
}
