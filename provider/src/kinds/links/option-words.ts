import type { TypeOption, TypeOptions } from "./link-definition";

/** The words for options that are changed first, or for those that are not. */
export function wordsOfOptions(first: boolean, options: TypeOptions, isOne?: (option: TypeOption) => unknown) {
  const those = Object.entries(options).filter(([, option]) => !isOne || isOne(option));
  return Object.fromEntries(
    those.map(([key, option]) => {
      const { isFirst = false } = option;
      const isItsTurn = (value: unknown) => (typeof isFirst === "function" ? isFirst(value) : isFirst) === first;
      const words = wordsOf(option);
      return [key, { words: (value: never, there?: never) => (isItsTurn(value) ? words(value, there) : []) }];
    }),
  );
}

function wordsOf({ word, words }: TypeOption): (value: never, existing?: never) => string[] {
  if (words) return words;
  return (value: unknown) => {
    if (word === undefined || value === undefined) return [];
    return [word, typeof value === "boolean" ? String(Number(value)) : String(value)];
  };
}
