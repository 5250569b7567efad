import { LocalnetError } from "../errors";
import { decode, encode } from "./text";

// An environment may hold secrets. Command lines are for everybody to read, and sudo writes them into its log: where
// another program starts the command, a shell reads the environment from its standard input, and exports it.

/** What a shell itself adds to the environment of its commands. */
const ofShells = ["PWD", "OLDPWD", "SHLVL", "_"];

/** The end of an environment: of one that is cut off, nothing may be started. */
const endLine = ".";

/** The part of a shell script that exports what `environmentLines` has. */
export const readEnvironment = [
  `while IFS= read -r line || exit 1; [ "$line" != ${endLine} ]`,
  `do ${decode("line")}`,
  'export "$line" || exit 1',
  "done",
].join("; ");

export function environmentLines(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => encode(`${name}=${value}`));
  return [...lines, endLine, ""].join("\n");
}

/** A command that runs another one without what a shell has added. */
export function withoutShellVariables(environment: Readonly<Record<string, string>>): string[] {
  return ["env", ...ofShells.filter((name) => !(name in environment)).flatMap((name) => ["-u", name])];
}

/** Bytes. Of what others own, no more than 128 KiB is read to find a mark, which may be at its end. */
const maxBytes = 120 * 1024;

export function refuseEnvironment(environment: Readonly<Record<string, string>>): void {
  if (Buffer.byteLength(Object.entries(environment).flat().join("  ")) > maxBytes)
    throw new LocalnetError("LN_INPUT", `the environment must not be longer than ${maxBytes} bytes in all`);
  for (const [name, value] of Object.entries(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new LocalnetError("LN_INPUT", `an environment variable cannot be called ${JSON.stringify(name)}`);
    // The value may be a secret.
    if (value.includes("\0"))
      throw new LocalnetError("LN_INPUT", `the environment variable ${name} cannot hold a NUL character`);
  }
}
