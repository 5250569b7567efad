import "zod";

declare module "zod" {
  interface GlobalMeta {
    /** A change of this input replaces the resource; a function: where it says so of the former value and the new one. */
    replace?: boolean | ((was: never, is: never) => boolean);
    /**
     * What the kernel has when nobody asks, for when the input is taken away: a value, or a function of what is observed.
     * null: nothing. `kernelChooses`: whatever that may be.
     */
    unset?: unknown;
    /**
     * A list of which only the entries asked for are ours: others are left alone and are no drift. The function names the
     * group in which the order of entries counts; entries of different groups have no order.
     */
    subset?: (entry: never) => string;
    /** A list of objects whose order means nothing: the input that tells one from the others, by which each is compared. */
    entries?: string;
    /**
     * A resource may be given instead of text, and what of it is meant: its name or id, or its first address: any, or of an IP
     * version, or of that of another input.
     */
    reference?: "name" | "id" | "address" | `address:${string}`;
    /** Resources of which kinds may be given: a type, or a tag that kinds have. */
    of?: string;
    /** It may be a secret: it stands in no message. */
    sensitive?: boolean;
    /** It is a secret: it stands in no message, and the state has it encrypted, whether the program says so or not. */
    secret?: boolean;
    /** The object lives in what this names, and goes with it. */
    parent?: boolean;
    /** An object with this input is there without the resource and stays when that goes: so does what is in it. */
    stays?: boolean;
    /** Of the name of an object that the kernel keeps while another uses it. */
    busy?: boolean;
    /** It names what is there already: where no name is given it is that of the resource, without a prefix. */
    existing?: boolean;
    /** The variable of the environment that says it when nothing else does. */
    environment?: string;
  }
}
