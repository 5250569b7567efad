import { LocalnetError } from "../errors";

/** Encodes a text as one line for `printf %b`. A text without control characters and backslashes stays as it is. */
export function encode(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line cannot hold these.
  return text.replace(/[\\\u0000-\u001f\u007f]/g, (char) => `\\0${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/** The part of a shell script that decodes a variable. A command substitution drops trailing line ends: "x" protects them. */
export function decode(variable: string): string {
  return `case $${variable} in *\\\\*) ${variable}=$(printf %bx "$${variable}"); ${variable}=\${${variable}%x};; esac`;
}

/** A line that sh, bash, zsh, fish and csh all read as exactly these words. */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

function quoteWord(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no quoting of these is the same in all shells.
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new LocalnetError("LN_INPUT", `a control character cannot be in a command line: ${JSON.stringify(text)}`);
  }
  // In zsh a leading "=" means the path of a command; in fish every Unicode space ends a word.
  return text === "" ? "''" : text.replace(/\s|[^A-Za-z0-9_@%+:,./\u0080-\uffff-]/g, "\\$&");
}

/** Throws if an argument contains NUL: the kernel would cut it off there. */
export function refuseNul(words: readonly string[]): void {
  const wrong = words.find((word) => word.includes("\0"));
  if (wrong !== undefined) {
    throw new LocalnetError("LN_INPUT", `a NUL character cannot be in a command: ${JSON.stringify(wrong)}`);
  }
}
