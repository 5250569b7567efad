import { LocalnetError } from "../errors";
import { decode, encode } from "./text";

// An environment may hold secrets. Every user can read command lines, and sudo logs them. So if another program starts the
// command, a shell reads the environment from its standard input and exports it.

/** Variables that a shell adds to the environment of its commands. */
const ofShells = ["PWD", "OLDPWD", "SHLVL", "_"];

/** Ends an environment. If it is missing, the input was cut off and nothing is started. */
const endLine = ".";

/** The part of a shell script that exports the output of `environmentLines`. */
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

/** A command that runs another one without the variables that the shell has added. */
export function withoutShellVariables(environment: Readonly<Record<string, string>>): string[] {
  return ["env", ...ofShells.filter((name) => !(name in environment)).flatMap((name) => ["-u", name])];
}

/** Bytes. To find a mark, at most 128 KiB of a process's environment are read, and the mark may be at its end. */
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
