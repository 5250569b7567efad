import { Command, CommanderError } from "commander";
import { capture } from "./commands/capture";
import { clean } from "./commands/clean";
import { completion } from "./commands/completion";
import { discover } from "./commands/discover";
import { doctor } from "./commands/doctor";
import { exec, shell } from "./commands/exec";
import { graph } from "./commands/graph";
import { ls } from "./commands/ls";
import { test } from "./commands/test";
import { trace } from "./commands/trace";
import { codeOf, describeFailure, exitCodes } from "./outcome";
import type { Run } from "./run";

const { version } = require("../../package.json") as { version: string };

const codes = `
Exit codes: ${exitCodes.ok} done; ${exitCodes.failure} failed; ${exitCodes.usage} not understood; ${exitCodes.wrong} done, and what was found is not as it should be.
exec, shell and capture end as the command that they run.`;

/** The command `localnet`; returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCodes.ok;
  const program = programOf(async (body) => {
    code = await body();
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // commander has printed its own message already; help and the version are not failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    console.error(describeFailure(error));
    return codeOf(error);
  }
}

/** The command line for commander, which handles subcommands, help, and what follows `--`. */
export function programOf(run: Run): Command {
  const program = new Command("localnet")
    .description("Sees, enters and checks what pulumi-localnet made, by a stack's state or on a host as it is.")
    .version(version)
    .addHelpText("after", codes)
    .configureOutput({
      writeOut: (text) => console.log(text.trimEnd()),
      writeErr: (text) => console.error(text.trimEnd()),
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, "localnet: ")
            .trim()
            .replaceAll("\n", " ")}; --help says how to use it`,
        ),
    })
    .exitOverride();
  for (const command of [ls, graph, exec, shell, capture, trace, test, discover, doctor, clean, completion])
    program.addCommand(command(run).copyInheritedSettings(program).helpOption("-h, --help", "say how to use it"));
  return program;
}
