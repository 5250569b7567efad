import { z } from "zod";
import type { Host } from "../host";
import { defaultTimeoutSeconds } from "../host/host";
import type { Tool } from "../host/requirements";
import { netnsName, seconds } from "../schema/fields";

const hostUrl = z
  .string()
  .regex(
    /^ssh:\/\/([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9]{1,5})?$/,
    "must be ssh://[user@]name[:port]",
  );

/** The settings of all resources together. */
export const configuration = z.object({
  /** Where the objects live: `ssh://[user@]name[:port]`. Default: this machine. */
  host: hostUrl.optional().meta({ replace: true }),
  /** Do commands go through `sudo -n`? */
  sudo: z.boolean("must be true or false").default(false),
  /** Seconds after which a command is killed that has no limit of its own; not 0. */
  timeoutSeconds: seconds.refine((value) => value > 0, "must be more than 0").default(defaultTimeoutSeconds),
});

/** Inputs of every kind. */
const common = {
  /** Where the object lives: `ssh://[user@]name[:port]`. Default: the stack configuration `localnet:host`, or else this machine. */
  host: hostUrl.optional().meta({ replace: true }),
  /** Take over an object that exists already, if it is what is asked for. Default: false, an object that exists is an error. */
  adopt: z.boolean().optional(),
  /** The mark of the resource on its object; computed by the resource's class. */
  owner: z.string(),
} as const;

/** The input of every kind whose objects live in a network namespace. */
export const inNetns = {
  /** Network namespace. Default: the host's own. */
  netns: netnsName.optional().meta({ replace: true, reference: "name", of: ["Netns", "Pod"], parent: true }),
} as const;

/**
 * What observe reports: values under the names of the inputs and outputs, for all that can be read back, and whatever
 * else `ensure` wants to know.
 */
export type Seen = Readonly<Record<string, unknown>> & {
  /** The mark on the object; "" when it has none, null when its kind cannot carry one. Left out when there is nothing to own. */
  readonly owner?: string | null;
  /** It is something else, which has that name: nothing that could be adopted. */
  readonly alien?: boolean;
};

/**
 * What a thing is: its inputs and outputs, and how it is observed, brought about and removed. Kinds know no Pulumi.
 * Every operation is `observe`, then `ensure` or `remove`, then `observe` again to verify.
 */
export interface Kind<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Seen> {
  readonly type: string;
  readonly summary: string;
  readonly args: z.ZodObject<A & typeof common>;
  readonly outputs: z.ZodObject<O>;
  /** The system commands it needs. */
  readonly needs: readonly Tool[];
  /** Rules between inputs; yields a property and what is wrong with it. */
  rules?(args: Args<A>): Iterable<readonly [property: string, rule: string]>;
  /** The identity, from inputs alone. */
  id(args: Args<A>): string;
  /** How an object that somebody else made is imported, by its id alone. A kind without this cannot be imported. */
  readonly imports?: Importing<A, O, S>;
  /** What is there; undefined: nothing. `recorded` is what the state says, if there is one. */
  observe(host: Host, args: Args<A>, recorded?: Recorded<A, O>): Promise<S | undefined>;
  /** Brings about the difference between `args` and `seen`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most kinds have nothing to tell.
  ensure(host: Host, args: Args<A>, seen: S | undefined, recorded?: Recorded<A, O>): Promise<Ensured<O, S> | void>;
  remove(host: Host, args: Recorded<A, O>, seen: S): Promise<void>;
  /** Takes away what the object leaves behind, whether it went by `remove` or by itself. */
  tidy?(host: Host, args: Recorded<A, O>, seen: S | undefined): Promise<void>;
  /** The kernel keeps no mark on its objects (`observe` says null): who made one is written down on the host. */
  readonly unmarked?: boolean;
  /** The namespace that the object is in, where that is not the input `netns`. */
  namespace?(args: Args<A>): string | undefined;
}

interface Ensured<O extends z.ZodRawShape, S extends Seen> {
  /** The outputs that cannot be observed. */
  readonly known?: Known<O>;
  /** What there is now, where the command that changed it has listed that too: it is not observed again. */
  readonly seen?: S | undefined;
}

interface Importing<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Seen> {
  /** The inputs that an id names, from which `id` makes it again; undefined when it is none. */
  parse(id: string): Partial<Args<A>> | undefined;
  /** What is there in a namespace, the host's own unless told, that the kernel did not make by itself. Changes nothing. */
  list(host: Host, netns: string | undefined): Promise<readonly Listed[]>;
  /** What else must be known to observe it; undefined: it is not there. */
  locate?(host: Host, args: Args<A>, id: string): Promise<object | undefined>;
  /** What is to be asked for, of what is seen; all of it unless told. */
  ask?(args: Recorded<A, O>, seen: S): object;
  /** The other id that an object goes by as well. */
  also?(args: Args<A>): string;
}

/** An object that somebody may want to import. */
export interface Listed {
  readonly id: string;
  /** Why it is not to be imported, where that does not show when it is observed. */
  readonly omit?: string | undefined;
}

export type Args<A extends z.ZodRawShape> = z.output<z.ZodObject<A & typeof common>>;
export type Outputs<O extends z.ZodRawShape> = z.output<z.ZodObject<O>>;
type Known<O extends z.ZodRawShape> = { readonly [K in keyof Outputs<O>]?: Outputs<O>[K] | undefined };
export type Recorded<A extends z.ZodRawShape, O extends z.ZodRawShape> = Args<A> &
  Known<O> & {
    /** It was imported, and carries no mark before its first update. */
    readonly imported?: boolean;
  };

// biome-ignore lint/suspicious/noExplicitAny: code that serves all kinds knows none of their types.
export type AnyKind = Kind<any, any, any>;

type Definition<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Seen> = Omit<
  Kind<A, O, S>,
  "args" | "outputs"
> & {
  readonly args: A;
  readonly outputs: O;
};

export function defineKind<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Seen>(
  definition: Definition<A, O, S>,
): Kind<A, O, S> {
  return {
    ...definition,
    args: z.strictObject({ ...definition.args, ...common }) as unknown as Kind<A, O, S>["args"],
    outputs: z.object(definition.outputs),
  };
}
