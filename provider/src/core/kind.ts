import { z } from "zod";
import type { Host } from "../host";
import { defaultConnectSeconds } from "../host/connection";
import { defaultTimeoutSeconds, timeoutVariable } from "../host/host";
import type { Tool } from "../host/requirements";
import { sshConfigVariable } from "../host/ssh-options";
import { address, netnsName, seconds } from "../schema/fields";
import type { Holds } from "./holdings";

export const hostUrl = z
  .string()
  .regex(
    /^ssh:\/\/([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9]{1,5})?$/,
    "must be ssh://[user@]name[:port]",
  );

const limit = seconds.refine((value) => value > 0, "must be more than 0");

/** The settings of all resources together. */
export const configuration = z.object({
  /** Where the objects live: `ssh://[user@]name[:port]`. Default: this machine. */
  host: hostUrl.optional().meta({ replace: true, environment: "LOCALNET_HOST" }),
  /** Address by which other hosts reach this one, for links between hosts. Default: the address that ssh connects to. */
  address: address.optional().meta({ environment: "LOCALNET_ADDRESS" }),
  /** What stands before the names of objects that the program gives no name, so that it may be on a host several times: 1 to 8 characters. A name that is too long with it is cut, and gets a digest. What is there already, such as a module, has its own name. Default: nothing. */
  prefix: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,7}$/,
      'must be 1 to 8 of letters, digits, "_", "." and "-", the first a letter or digit',
    )
    .optional()
    .meta({ environment: "LOCALNET_PREFIX" }),
  /** Do commands go through `sudo -n`? */
  sudo: z.boolean("must be true or false").default(false).meta({ environment: "LOCALNET_SUDO" }),
  /** The configuration of the OpenSSH client: a path, or the text itself, which has a line break in it. Default: the client's own. */
  sshConfig: z
    .string("must be a path or a text")
    .regex(/^[^\0]+$/, "must be a path or a text, without NUL")
    .optional()
    .meta({ environment: sshConfigVariable }),
  /** Seconds after which a command is killed that has no limit of its own; not 0. */
  timeoutSeconds: limit.default(defaultTimeoutSeconds).meta({ environment: timeoutVariable }),
  /** Seconds that a connection over ssh may take to come about; not 0. */
  connectTimeoutSeconds: limit.default(defaultConnectSeconds).meta({ environment: "LOCALNET_CONNECT_TIMEOUT_SECONDS" }),
});

/** Inputs of every kind. */
const common = {
  /** Where the object lives: `ssh://[user@]name[:port]`; all resources that it is given are on the same. Default: their host, or else the stack configuration `localnet:host`, or else this machine. */
  host: hostUrl.optional().meta({ replace: true }),
  /** Take over an object that exists already, if it is what is asked for. Default: false, an object that exists is an error. */
  adopt: z.boolean().optional(),
  /** The mark of the resource on its object; computed by the resource's class. */
  owner: z.string(),
} as const;

/** The input of every kind whose objects live in a network namespace. */
export const inNetns = {
  /** Network namespace. Default: the host's own. */
  netns: netnsName.optional().meta({ replace: true, reference: "name", of: "netns", parent: true }),
} as const;

/** What `observe` returns for an object that exists. `inputs` and `outputs` have a key for each value that can be observed. */
export interface Observed {
  /** The mark on the object; "": it has none; null: its kind cannot carry one; left out: nobody can own it. */
  readonly owner?: string | null;
  /** An object of another kind has this name. It cannot be adopted. */
  readonly otherKind?: boolean;
  /** The inputs as the kernel has them. */
  readonly inputs: object;
  readonly outputs: object;
  /** Anything else that `ensure` and `remove` need. */
  readonly detail?: unknown;
}

/**
 * A kind: its inputs and outputs, and how it is observed, made and removed. Kinds do not know Pulumi.
 * Every operation is `observe`, then `ensure` or `remove`, then `observe` again to verify.
 */
export interface Kind<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Observed> {
  readonly type: string;
  readonly summary: string;
  /** What references may name instead of the type: `of: "link"` accepts every kind with this tag. */
  readonly tags?: readonly string[];
  readonly args: z.ZodObject<A & typeof common>;
  readonly outputs: z.ZodObject<O>;
  /** The system commands it needs. */
  readonly needs: readonly Tool[];
  /** Rules between inputs. Yields each property that breaks one, and the rule. */
  rules?(args: Args<A>): Iterable<readonly [property: string, rule: string]>;
  /** The reason why the running kernel does not support it, if that is known without making one. Changes nothing. */
  unavailable?(host: Host, args: Args<A>): Promise<string | undefined>;
  /** What its objects have alone in a namespace, beside their names. */
  readonly holds?: Holds<Args<A>>;
  /** The id, made from the inputs alone. */
  id(args: Args<A>): string;
  /** The form of the ids, in Markdown, where the comment on `id` does not say it. */
  readonly idForm?: string;
  /** How an existing object is imported by its id. A kind without this cannot be imported. */
  readonly imports?: Importing<A, O, S>;
  /** Reads the object; undefined: there is none. Changes nothing. `recorded` is what the state has, if there is one. */
  observe(host: Host, args: Args<A>, recorded?: Recorded<A, O>): Promise<S | undefined>;
  /**
   * Makes the changes from `observed` to `args`. An input that was taken away is a key of `args` with the value that the
   * kernel has when nobody asks (`unset`); undefined: it must be absent.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most kinds have nothing to return.
  ensure(host: Host, args: Args<A>, observed: S | undefined, recorded?: Recorded<A, O>): Promise<Ensured<O, S> | void>;
  remove(host: Host, args: Recorded<A, O>, observed: S): Promise<void>;
  /** Removes what the object leaves behind. Every delete calls it, also when the object is gone already. */
  cleanUp?(host: Host, args: Recorded<A, O>, observed: S | undefined): Promise<void>;
  /** The kernel keeps no mark on its objects (`owner` is null): the host's ledger names the owner. */
  readonly unmarked?: boolean;
  /** How an object is found from its entry in the ledger when there is no state. */
  readonly noted?: Noted<A, O>;
  /** The namespace that the object is in, if that is not the input `netns`. */
  namespace?(args: Args<A>): string | undefined;
  /** The namespaces with objects that the kernel may remove when this one changes. Undefined: the host's own. */
  disturbs?(args: Args<A>): readonly (string | undefined)[];
}

interface Ensured<O extends z.ZodRawShape, S extends Observed> {
  /** The outputs that cannot be observed. */
  readonly outputs?: KnownOutputs<O>;
  /** The object after the change, if the changing command listed it: it is not observed again. */
  readonly observed?: S | undefined;
}

interface Importing<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Observed> {
  /** The inputs that an id names; undefined: it is not an id of this kind. The inverse of `id`. */
  parse(id: string): Partial<Args<A>> | undefined;
  /** Lists the objects in a namespace (undefined: the host's own) that the kernel did not make by itself. Changes nothing. */
  list(host: Host, netns: string | undefined): Promise<readonly Importable[]>;
  /** Finds the other inputs that `observe` needs; undefined: there is no object. */
  locate?(host: Host, args: Args<A>, id: string): Promise<object | undefined>;
  /** The inputs of the object, without what the kernel chose. Default: all observed inputs. */
  inputs?(args: Recorded<A, O>, observed: S): object;
  /** A second id of the same object. */
  alias?(args: Args<A>): string;
}

interface Noted<A extends z.ZodRawShape, O extends z.ZodRawShape> {
  /** The inputs that an entry names, if the text after the kind is not an id. */
  parse?(what: string, netns: string | undefined): Partial<Args<A>>;
  /** What a state would have beside the observed values. */
  recall?(host: Host, args: Args<A>): Promise<Partial<Recorded<A, O>>>;
}

/** An object that can be listed for import. */
export interface Importable {
  readonly id: string;
  /** The reason not to import it, if observing it does not show that. */
  readonly omit?: string | undefined;
}

export type Args<A extends z.ZodRawShape> = z.output<z.ZodObject<A & typeof common>>;
type Outputs<O extends z.ZodRawShape> = z.output<z.ZodObject<O>>;
type KnownOutputs<O extends z.ZodRawShape> = { readonly [K in keyof Outputs<O>]?: Outputs<O>[K] | undefined };
type Recorded<A extends z.ZodRawShape, O extends z.ZodRawShape> = Args<A> &
  KnownOutputs<O> & {
    /** It was imported, and carries no mark before its first update. */
    readonly imported?: boolean;
  };

// biome-ignore lint/suspicious/noExplicitAny: code that serves all kinds knows none of their types.
export type AnyKind = Kind<any, any, any>;

type Definition<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Observed> = Omit<
  Kind<A, O, S>,
  "args" | "outputs"
> & {
  readonly args: A;
  readonly outputs: O;
};

export function defineKind<A extends z.ZodRawShape, O extends z.ZodRawShape, S extends Observed>(
  definition: Definition<A, O, S>,
): Kind<A, O, S> {
  return {
    ...definition,
    args: z.strictObject({ ...definition.args, ...common }) as unknown as Kind<A, O, S>["args"],
    outputs: z.object(definition.outputs),
  };
}
