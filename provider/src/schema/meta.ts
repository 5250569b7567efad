import "zod";

declare module "zod" {
  interface GlobalMeta {
    /**
     * A change of this input replaces the resource. As a function: whether the change from the former value to the new one
     * does.
     */
    replace?: boolean | ((was: never, is: never) => boolean);
    /**
     * The value after the input is taken away, which is the kernel's own: a value, or a function of what is observed.
     * null: no value. `kernelChooses`: only the kernel knows.
     */
    unset?: unknown;
    /**
     * In this list, only the entries of the program are ours: others are left alone, and are no drift. The function
     * returns the group of an entry. Order counts only within a group.
     */
    subset?: (entry: never) => string;
    /** In this list of objects, order has no meaning: the name of the input that identifies an entry. */
    entries?: string;
    /**
     * The input also takes a resource, and uses this of it: its name, its id, or its first address, of any IP version, of
     * one, or of that of another input.
     */
    reference?: "name" | "id" | "address" | `address:${string}`;
    /** The kinds of resources that the input takes: a type, or a tag of kinds. */
    of?: string;
    /** It may be a secret: no message shows it. */
    sensitive?: boolean;
    /** It is a secret: no message shows it, and it is encrypted in the state, also if the program does not mark it. */
    secret?: boolean;
    /** The object is in the one that this input names, and is removed with it. */
    parent?: boolean;
    /**
     * With this input the object exists without the resource, and stays when the resource is deleted, as does what is in
     * it.
     */
    stays?: boolean;
    /** It names an object that the kernel does not remove while another object uses it. */
    busy?: boolean;
    /** It names something that exists already. Default: the name of the resource, without a prefix. */
    existing?: boolean;
    /** The environment variable that sets it if nothing else does. */
    environment?: string;
  }
}
