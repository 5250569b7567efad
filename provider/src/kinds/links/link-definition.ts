import type { z } from "zod";
import type { Holding } from "../../core/holdings";
import { type Args, inNetns } from "../../core/kind";
import type { Host } from "../../host";
import type { Tool } from "../../host/requirements";
import { ifName } from "../../schema/fields";
import type { Link } from "../../tools/ip/links";
import type { linkOutputs } from "./link";
import { deviceArgs, type LinkArgs, type LinkDefaults, linkArgs } from "./options";

/** An input of one type of link. A plain value of `ip link` needs only `input`, `word` and `read`. */
export interface TypeOption {
  readonly input: z.ZodType;
  /** Its word after `ip link add ... type TYPE`. */
  readonly word?: string;
  /** All its words, if they are not just one word and the value. `existing`: the value that the link has. */
  words?(value: never, existing?: never): string[];
  /** It is changed in a command of its own, before all others; a function: to this value. */
  readonly isFirst?: boolean | ((value: unknown) => boolean);
  /** It names the lower link, which `ip link add` expects before the name: `link eth0`. */
  readonly isLower?: boolean;
  /** It is the namespace that the link is made in, before it is moved into `netns`. */
  readonly isBirthplace?: boolean;
  /** It is the type, for a kind with several types. */
  readonly isType?: boolean;
  /** ip needs it in every change too. */
  readonly isAlways?: boolean;
  /** Reads the value from `linkinfo.info_data` of `ip -d -j`, or from another part of its output. */
  read(data: Readonly<Record<string, unknown>>, link: Link): unknown;
}

export type TypeOptions = Readonly<Record<string, TypeOption>>;

/** An output that only links of this kind have. */
interface TypeOutput {
  readonly output: z.ZodType;
  read(link: Link): unknown;
}

export type TypeOutputs = Readonly<Record<string, TypeOutput>>;
export type OutputShape<Out extends TypeOutputs> = typeof linkOutputs & { readonly [K in keyof Out]: Out[K]["output"] };
type OptionArgs<T extends TypeOptions> = { readonly [K in keyof T]: T[K]["input"] };

export const familyArgs = {
  /** Name, 1 to 15 characters. */
  name: ifName.meta({ replace: true }),
  ...inNetns,
  ...linkArgs,
  ...deviceArgs,
} as const;

export type LinkKindArgs<T extends TypeOptions, P extends z.ZodRawShape> = OptionArgs<T> & P & typeof familyArgs;

/** Inputs that some links do not have as their own. */
export const missing = ["mac", "arp"] as const;
export type Missing = (typeof missing)[number];

export interface LinkDefinition<T extends TypeOptions, P extends z.ZodRawShape, Out extends TypeOutputs> {
  readonly type: string;
  /** Its type for `ip link add ... type`; or several types, of which an option chooses one. */
  readonly linkType: string | readonly string[];
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly options: T;
  readonly outputs?: Out;
  /** The commands that it needs. Default: `ip`. */
  readonly needs?: readonly Tool[];
  /** Inputs for links that can be ports: `portArgs`, or nothing. */
  readonly args: P;
  rules?(args: Args<LinkKindArgs<T, P>>): Iterable<readonly [property: string, rule: string]>;
  /** Resources that only one link of a namespace can have, such as a UDP port, in the namespace that the link is made in. */
  readonly holds?: {
    /** The inputs that decide on them, besides `up` and the namespace that the link is made in. */
    readonly inputs: readonly string[];
    of(args: Args<LinkKindArgs<T, P>>): readonly Holding[];
  };
  /** The kernel's defaults that differ from those of most links; a function if they depend on the link's own inputs. */
  readonly unset?: Partial<LinkDefaults> | ((inputs: Args<LinkKindArgs<T, P>>) => Partial<LinkDefaults>);
  /** The same, if they depend on other links. Called when an input was taken away. */
  readDefaults?(host: Host, args: Args<LinkKindArgs<T, P>>): Promise<Partial<LinkDefaults>>;
  /** Those of these inputs that the links do not have, and why: they cannot be given, and are not read. Default: none. */
  lacks?(inputs: Args<LinkKindArgs<T, P>>): { readonly [K in Missing]?: string | undefined };
  /** Does the kernel give it the MAC address of the lower link by default? Default: no, it gets a random one. */
  readonly followsMac?: boolean;
  /**
   * The commands that make it, with the words for its options, if `ip link add` cannot. Its mark, MAC address and mtu are
   * set after them.
   */
  make?(name: string, words: readonly string[]): string[][];
  /** Commands after the one that makes the link, if that one must not set the mtu. */
  pinMtu?(args: LinkArgs): string[][];
  /** Does a change of its options reset the mtu to the kernel's choice? Default: no. */
  readonly resetsMtu?: boolean;
  /** Which links of the type did the kernel not make by itself? Default: all. */
  isImportable?(link: Link): boolean;
}
