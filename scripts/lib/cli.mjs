/** Prints a line for the user on standard error. Standard output is for results. @param {string} text */
export function printLine(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Exits with the result of a script, or with 1 after a failure.
 * @param {() => Promise<number>} body
 */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    printLine(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

/**
 * Runs one of a script's commands.
 * @param {Record<string, () => Promise<number>>} commands
 * @param {string} name
 * @param {string} usage
 */
export async function dispatch(commands, name, usage) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return main(command);
  printLine(`usage: ${usage}`);
  process.exitCode = 2;
}
