import type { Host } from "../../host";
import { canonicalAddress } from "../../schema/fields";
import { firstWord, isEmptyLine, linesOf, listXfrm, parseMark, parseSelector, type Selector } from "./xfrm";

export interface StateKey {
  readonly destination: string;
  readonly protocol: string;
  readonly spi: number;
  readonly mark?: string | undefined;
}

export interface Algorithm {
  readonly algorithm: string;
  /** Undefined: the algorithm has no key. */
  readonly key: string | undefined;
}

export interface StateSettings {
  readonly source: string;
  readonly reqid: number;
  readonly mode: string;
  readonly ifId: number | undefined;
  readonly aead: (Algorithm & { readonly icvLength: number }) | undefined;
  readonly encryption: Algorithm | undefined;
  readonly authentication: (Algorithm & { readonly truncation: number }) | undefined;
  readonly encapsulation: Encapsulation | undefined;
  readonly selector: Selector | undefined;
  readonly replayWindow: number;
  readonly flags: readonly string[];
}

interface Encapsulation {
  readonly type: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface StateEntry extends StateKey, StateSettings {
  /** A property, in ip's words, that no input can express. */
  readonly strange?: string;
}

export async function showStates(host: Host, netns: string | undefined): Promise<StateEntry[]> {
  return (await listXfrm(host, netns, "state")).map(parseState);
}

/** The parsers of lines. The first that matches is used. */
const readers: readonly [RegExp, (...parts: string[]) => Partial<StateEntry>][] = [
  [
    /^src (\S+) dst (\S+)$/,
    (source = "", destination = "") => ({
      source: canonicalAddress(source),
      destination: canonicalAddress(destination),
    }),
  ],
  [
    /^proto (\S+) spi (0x[0-9a-f]+)\S* reqid (\d+)\S* mode (\S+)$/,
    (protocol = "", spi, reqid, mode = "") => ({ protocol, spi: Number(spi), reqid: Number(reqid), mode }),
  ],
  [
    /^replay-window (\d+) seq \S+ flag(.*?)(?: extra_flag (.*?))?\(0x[0-9a-f]+\)$/,
    (window, flags = "", extra = "") => ({
      ...{ replayWindow: Number(window), flags: flags.split(" ").filter(Boolean).sort() },
      ...(extra.trim() && { strange: `extra-flag ${extra.trim()}` }),
    }),
  ],
  // ip prints a larger window, or one of 64-bit numbers, in a line of its own.
  [/^replay_window (\d+), bitmap-length \d+$/, (window) => ({ replayWindow: Number(window) })],
  [/^(?:anti-replay (?:esn )?context:|seq-hi |[0-9a-f]{8}(?: [0-9a-f]{8})*$)/, () => ({})],
  [/^mark (\S+)$/, (mark = "") => ({ mark: parseMark(mark) })],
  [/^if_id (0x[0-9a-f]+)$/, (number) => ({ ifId: Number(number) })],
  [
    /^aead (\S+)(?: (0x[0-9a-f]+))?(?: \(\d+ bits\))? (\d+)$/,
    (algorithm = "", key, length) => ({ aead: { algorithm, key, icvLength: Number(length) } }),
  ],
  [/^enc (\S+)(?: (0x[0-9a-f]+))?(?: \(\d+ bits\))?$/, (algorithm = "", key) => ({ encryption: { algorithm, key } })],
  [
    /^auth-trunc (\S+) +(?:(0x[0-9a-f]+) )?(?:\(\d+ bits\) )?(\d+)$/,
    (algorithm = "", key, length) => ({ authentication: { algorithm, key, truncation: Number(length) } }),
  ],
  [
    /^encap type (\S+) sport (\d+) dport (\d+) addr (?:0\.0\.0\.0|::)$/,
    (type = "", from, to) => ({ encapsulation: { type, sourcePort: Number(from), destinationPort: Number(to) } }),
  ],
  [/^sel (src .*)$/, (words = "") => selectorIn(words)],
];

function selectorIn(words: string): Partial<StateEntry> {
  const selector = parseSelector(words);
  return typeof selector === "string" ? { strange: `sel ${selector}` } : { selector };
}

/** Parses the output of ip -s. */
export function parseState(text: string): StateEntry {
  const parts = linesOf(text).flatMap((line): Partial<StateEntry>[] => {
    if (isEmptyLine(line)) return [];
    for (const [pattern, read] of readers) {
      const match = pattern.exec(line);
      if (match) return [read(...match.slice(1))];
    }
    return [{ strange: firstWord(line) }];
  });
  const none: StateEntry = {
    ...{ source: "", destination: "", protocol: "", spi: 0, reqid: 0, mode: "", ifId: undefined, replayWindow: 0 },
    ...{ aead: undefined, encryption: undefined, authentication: undefined, encapsulation: undefined, flags: [] },
    selector: undefined,
  };
  const entry: StateEntry = Object.assign({}, none, ...parts);
  return isEverything(entry) ? { ...entry, selector: undefined } : entry;
}

/** Does the selector match all packets of the state's own IP version? A state that is made without a selector gets this one. */
export function isEverything({ selector, destination }: Pick<StateEntry, "selector" | "destination">): boolean {
  const any = destination.includes(":") ? "::/0" : "0.0.0.0/0";
  if (!selector || selector.protocol !== undefined) return false;
  const { source, destination: to, sourcePort, destinationPort } = selector;
  return source === any && to === any && sourcePort === undefined && destinationPort === undefined;
}

/** Does the mark of the other state match this one? The kernel compares only the bits in this state's mask. */
export function matchesMarkOf(
  { mark: ofThis = "0x0/0x0" }: StateKey,
  { mark: ofOther = "0x0/0x0" }: StateKey,
): boolean {
  const parts = (mark: string) => mark.split("/").map(BigInt);
  const [value = 0n, mask = 0xffffffffn] = parts(ofThis);
  const [wanted = 0n, wantedMask = 0xffffffffn] = parts(ofOther);
  return (wanted & wantedMask & mask) === value;
}
