import type { z } from "zod";
import type { Holding } from "../../core/holdings";
import { type Args, inNetns } from "../../core/kind";
import type { Host } from "../../host";
import type { Tool } from "../../host/requirements";
import { ifName } from "../../schema/fields";
import type { Link } from "../../tools/ip/links";
import type { linkOutputs } from "./link";
import { deviceArgs, type LinkArgs, type LinkDefaults, linkArgs } from "./options";

/** An input of one type of link. A plain value of `ip link` needs no more than `input`, `word` and `read`. */
export interface TypeOption {
  readonly input: z.ZodType;
  /** Its word behind `ip link add ... type TYPE`. */
  readonly word?: string;
  /** All its words, where it is not one word and the value. */
  words?(value: never): string[];
  /** It is changed by a command of its own, before all others. */
  readonly isFirst?: boolean;
  /** It names the link below, which `ip link add` takes before the name: `link eth0`. */
  readonly isLower?: boolean;
  /** It is the namespace that the link is made in, before it is moved into `netns`. */
  readonly isBirthplace?: boolean;
  /** It is the type, one of several that the kind has. */
  readonly isType?: boolean;
  /** ip wants it in every change, too. */
  readonly isAlways?: boolean;
  /** The value in `linkinfo.info_data` of `ip -d -j`, or elsewhere in what that prints of the link. */
  read(data: Readonly<Record<string, unknown>>, link: Link): unknown;
}

export type TypeOptions = Readonly<Record<string, TypeOption>>;

/** What only links of the kind have, and nobody asks for. */
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

/** What some links do not have as their own. */
export const missing = ["mac", "arp"] as const;
export type Missing = (typeof missing)[number];

export interface LinkDefinition<T extends TypeOptions, P extends z.ZodRawShape, Out extends TypeOutputs> {
  readonly type: string;
  /** What `ip link add ... type` calls it; or all that it may call it, of which an option says the one. */
  readonly linkType: string | readonly string[];
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly options: T;
  readonly outputs?: Out;
  /** The system commands that it needs. Default: `ip`. */
  readonly needs?: readonly Tool[];
  /** What `ip link set` takes for links that can be ports: `portArgs`, or nothing. */
  readonly args: P;
  rules?(args: Args<LinkKindArgs<T, P>>): Iterable<readonly [property: string, rule: string]>;
  /** What a link has alone in the namespace that it is made in. */
  readonly holds?: {
    /** The inputs that tell, beside where it is made and `up`. */
    readonly inputs: readonly string[];
    of(args: Args<LinkKindArgs<T, P>>): readonly Holding[];
  };
  /** What the kernel gives these links when nobody asks, where that is not what most have; or how that follows from their own inputs. */
  readonly unset?: Partial<LinkDefaults> | ((inputs: Args<LinkKindArgs<T, P>>) => Partial<LinkDefaults>);
  /** The same, where it depends on other links: it is asked for when an input was taken away. */
  readDefaults?(host: Host, args: Args<LinkKindArgs<T, P>>): Promise<Partial<LinkDefaults>>;
  /** Which of these the links do not have as their own, and why: they are given none, and none is read. Default: they have all. */
  lacks?(inputs: Args<LinkKindArgs<T, P>>): { readonly [K in Missing]?: string | undefined };
  /** Does the kernel, when nobody asks, give it the MAC address of the link below? Default: one is drawn. */
  readonly followsMac?: boolean;
  /** The commands that make it, with the words for its options, where `ip link add` cannot; its mark, MAC address and mtu come after them. */
  make?(name: string, words: readonly string[]): string[][];
  /** Commands after the one that makes the link, in place of saying the mtu in that one. */
  pinMtu?(args: LinkArgs): string[][];
  /** Does a change of its options give the link the mtu again that the kernel chooses? Default: no. */
  readonly resetsMtu?: boolean;
  /** Which links of the type did the kernel not make by itself? Default: all. */
  isImportable?(link: Link): boolean;
}
