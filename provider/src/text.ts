// Others choose what is in names, comments, output and files. These make it harmless where it is shown.

/** What commands a terminal, or reorders what it shows: control characters but the line end, and marks of direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant.
const commanding = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with all that commands a terminal written as numbers. */
export function visible(text: string): string {
  return text.replace(commanding, numbered);
}

/** The same, on one line. */
export function oneLine(text: string): string {
  return visible(text).replaceAll("\n", numbered);
}

function numbered(char: string): string {
  const code = char.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
}

/** JSON that shows all of a text's characters. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(commanding, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const instead = "[secret]";

/** A shorter secret is likely to be part of other words: it is only replaced where it is a word. */
const shortest = 4;

/** The text without the secrets, in any form in which our messages have them. */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = new Set(secrets.flatMap(formsOf).filter((form) => form.trim() !== ""));
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, form) => rest.replace(pattern(form), instead), text);
}

function formsOf(secret: string): string[] {
  const lines = secret.split("\n").filter((line) => line.length >= shortest);
  const uri = encodeURI(secret.toWellFormed());
  return [
    secret,
    secret.trim(),
    ...lines,
    JSON.stringify(secret).slice(1, -1),
    uri,
    encodeURIComponent(secret.toWellFormed()),
  ];
}

function pattern(form: string): RegExp {
  const literal = form.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(form.length < shortest ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal, "g");
}
