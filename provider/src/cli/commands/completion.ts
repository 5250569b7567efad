import { Argument, Command } from "commander";
import { completions, shells } from "../completion";
import { exitCodes } from "../outcome";
import type { Run } from "../run";

export function completion(run: Run): Command {
  return new Command("completion")
    .summary("print what completes this command in a shell")
    .description(
      "Prints a script that completes this command. bash: source <(localnet completion bash). zsh: the same with zsh. fish: localnet completion fish | source",
    )
    .addArgument(new Argument("<shell>").choices(shells))
    .action((shell: string, _options, command: Command) =>
      run(async () => {
        process.stdout.write(completions(command.parent ?? command, shell));
        return exitCodes.ok;
      }),
    );
}
