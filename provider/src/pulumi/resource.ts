import * as pulumi from "@pulumi/pulumi";
import { type Values, withoutUndefined } from "../core/values";
import { shapes } from "../generated/shapes";
import { fromEnvironment } from "./environment";
import { settingsOf } from "./explicit-provider";
import { given as givenIn, placeOf } from "./inherited-host";
import type { References } from "./meaning";
import { defaultName } from "./names";
import { rememberRequest, resolved } from "./references";
import { ownerOf } from "./urn";

/** What a class needs to know of its kind. */
export interface Shape {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly references: References;
  /** The inputs that are secrets, or lists of objects that contain some. */
  readonly secrets?: { readonly [input: string]: true | readonly string[] };
  /** The outputs that are secrets. */
  readonly secretOutputs?: readonly string[];
  /** The maximum length of a name of the kind. */
  readonly longestName?: number;
  /** The input that names what contains the object. */
  readonly parent?: string;
  /** The input with which the object stays when the resource is deleted. */
  readonly stays?: string;
  /** The kernel does not remove the object while another uses it. */
  readonly busy?: boolean;
}

/**
 * The SDK keeps a stack trace for every promise of every property, to report leaks: for a kind with many inputs this is most of
 * a program's time. This class is in the declarations that users compile: it must not name a type that needs zod's, which do
 * not compile with the settings of Pulumi's own template.
 */
abstract class Declared extends pulumi.CustomResource {
  protected constructor(token: string, name: string, values: pulumi.Inputs, options: pulumi.CustomResourceOptions) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = debugsPromises ? stackTraceLimit : 0;
    try {
      super(token, name, values, options);
    } catch (error) {
      Error.stackTraceLimit = stackTraceLimit;
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

const debugsPromises = Boolean(process.env.PULUMI_DEBUG_PROMISE_LEAKS);

/** The base class of all kinds: a resource of this package's dynamic provider. */
export abstract class LocalnetResource extends Declared {
  protected constructor(type: string, name: string, args: object = {}, options: pulumi.CustomResourceOptions = {}) {
    const shape = shapeOf(type);
    const isRead = options.id !== undefined;
    const given = args as Values;
    const request = withSecrets(shape, withoutUndefined(resolved(shape.references, given)));
    const token = dynamicToken(type);
    const { provider, host } = placeOf(`${type} ${name}`, shape.references, given, "pulumi-nodejs", options);
    const defaults = defaultOptions(shape, given);
    super(
      token,
      name,
      {
        ...properties(shape),
        ...(isRead
          ? external
          : { ...(shape.inputs.includes("name") && { name: nameIn(shape, name, provider) }), ...request }),
        host,
        owner: ownerIn(pulumi.createUrn(name, token, options.parent)),
        // The same text for all resources of a kind. The SDK's serialiser would write twenty times as much into each one's state.
        __provider: `exports.handler=()=>require("pulumi-localnet/provider")("${type}")`,
      },
      pulumi.mergeOptions({ ...defaults, ...(provider && { provider }) }, options),
    );
    if (shape.busy) goesWith.set(this, defaults.deletedWith);
    rememberRequest(this, isRead ? { ...readInputs(shape, this), host } : { ...request, host });
    if (isRead || isRetained(shape, given)) retained.add(this);
  }
}

/** The name if the program gives none; the plugin does this for its own resources. */
function nameIn({ longestName }: Shape, name: string, provider: pulumi.ProviderResource | undefined) {
  const settings = settingsOf(provider) ?? { prefix: new pulumi.Config("localnet").get("prefix") };
  const prefix = (settings.prefix ?? fromEnvironment("prefix")) as pulumi.Input<string> | undefined;
  if (prefix === undefined || typeof prefix === "string") return defaultName(longestName, name, prefix);
  return pulumi.output(prefix).apply((text) => defaultName(longestName, name, text));
}

/** The owner that stands for an object that is only read: anybody's. No program has this input. */
const external = { __external: true } as const;

/** The properties of an object that is only read. */
function readInputs({ inputs }: Shape, resource: object): Values {
  return Object.fromEntries(inputs.map((key) => [key, (resource as Values)[key]]));
}

/** The type of a kind's resources with the dynamic provider. Pulumi determines its prefix. */
export function dynamicToken(type: string): string {
  return `pulumi-nodejs:localnet:${type}`;
}

/** Is it a resource of this type, maybe from another copy of this package? */
export function hasToken(value: unknown, token: string): boolean {
  return (value as { __pulumiType?: unknown } | null | undefined)?.__pulumiType === token;
}

/**
 * A promise, which depends on no resource: the URN of a parent depends on the parent, and a component on its children, so a
 * child would wait for itself.
 */
function ownerIn(urn: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => urn.apply((text) => resolve(ownerOf(text))));
}

/** The class `C` of a kind, for resources of the native plugin, which gets the rest from their URN. */
export function native<C>(type: string): C {
  const shape = shapeOf(type);
  const token = `localnet:index:${type}`;
  const Native = class extends Declared {
    static readonly __pulumiType = token;

    static get(name: string, id: pulumi.Input<pulumi.ID>, options?: pulumi.CustomResourceOptions) {
      return new Native(name, undefined, { ...options, id });
    }

    static override isInstance(value: unknown): value is pulumi.CustomResource {
      return hasToken(value, token);
    }

    constructor(name: string, args: object = {}, options: pulumi.CustomResourceOptions = {}) {
      const isRead = options.id !== undefined;
      const given = args as Values;
      const request = withSecrets(shape, withoutUndefined(resolved(shape.references, given)));
      const { provider, host } = placeOf(`${type} ${name}`, shape.references, given, "localnet", options);
      // If the provider changes, the engine does not call diff: it would make the same object first and then delete it.
      const defaults = { ...defaultOptions(shape, given), deleteBeforeReplace: true, ...(provider && { provider }) };
      const merged = pulumi.mergeOptions(defaults, options);
      super(token, name, { ...properties(shape), ...(isRead ? external : request) }, merged);
      if (shape.busy) goesWith.set(this, defaults.deletedWith);
      rememberRequest(this, { ...(isRead ? readInputs(shape, this) : request), host });
      if (isRead || isRetained(shape, given)) retained.add(this);
    }
  };
  return Object.defineProperty(Native, "name", { value: type }) as C;
}

function shapeOf(type: string): Shape {
  const shape = shapes[type];
  if (!shape) throw new TypeError(`there is no kind ${type}`);
  return shape;
}

/** Every property of the resource: the SDK sets those that the program does not. */
function properties({ inputs, outputs }: Shape): Values {
  return Object.fromEntries([...inputs, ...outputs].map((key) => [key, undefined]));
}

/** Marks inputs as secrets, whether or not the program does. */
function withSecrets({ secrets = {} }: Shape, args: Values): Values {
  const result = { ...args };
  for (const [key, hidden] of Object.entries(secrets)) {
    if (!(key in args)) continue;
    const holds = (entries: unknown) => {
      return (
        hidden === true || [entries].flat().some((each) => hidden.some((name) => (each as Values)?.[name] != null))
      );
    };
    result[key] = pulumi
      .output(args[key] as pulumi.Input<Values>)
      .apply((value) => (holds(value) ? pulumi.secret(value) : value));
  }
  return result;
}

/** The resources whose objects stay when they are deleted: what is in them must be deleted itself. */
const retained = new WeakSet<object>();

function isRetained({ stays }: Shape, args: Values): boolean {
  return stays !== undefined && args[stays] !== undefined;
}

/** The resource whose delete covers this one, if the kernel keeps it while in use; undefined: it is deleted itself. */
const goesWith = new WeakMap<object, pulumi.Resource | undefined>();

/** A resource that is removed with the one that contains it needs no delete of its own. Imported values may be secrets too. */
function defaultOptions(shape: Shape, args: Values): pulumi.CustomResourceOptions {
  const { parent, references, secrets = {}, secretOutputs = [] } = shape;
  const within = parent && args[parent];
  const isDeletedWithParent = pulumi.Resource.isInstance(within) && !retained.has(within);
  // What it uses may be deleted itself, and would then still be in use.
  const needsDelete = givenIn(references, args).some(([, each]) => goesWith.has(each) && goesWith.get(each) !== within);
  const hidden = [...Object.keys(secrets).filter((key) => secrets[key] === true), ...secretOutputs];
  return {
    ...(isDeletedWithParent && !needsDelete && { deletedWith: within }),
    ...(hidden.length > 0 && { additionalSecretOutputs: hidden }),
  };
}
