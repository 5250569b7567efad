import type { Command } from "commander";

// Completion scripts, generated from the commands and options. They need nothing at run time.

export const shells = ["bash", "zsh", "fish"];

/** The script for a shell that completes a program's command line. */
export function completions(program: Command, shell: string): string {
  const words = new Map(program.commands.map((command) => [command.name(), optionsOf(command)]));
  if (shell === "fish") return fish(program);
  const script = bash(program.name(), [...words.keys()], words);
  return shell === "zsh" ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script;
}

function optionsOf(command: Command): string[] {
  return [...command.options.flatMap(({ long }) => long ?? []), "--help"];
}

function bash(name: string, commands: readonly string[], options: ReadonlyMap<string, string[]>): string {
  const cases = [...options].map(([command, words]) => `    ${command}) words="${words.join(" ")}" ;;`);
  return `_${name}() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${commands.join(" ")} --help --version" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${commands.join(" ")} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function fish(program: Command): string {
  const name = program.name();
  const lines = program.commands.flatMap((command) => [
    `complete -c ${name} -n __fish_use_subcommand -a ${command.name()} -d ${quoted(command.summary())}`,
    ...command.options.map(
      ({ long, description }) =>
        `complete -c ${name} -n "__fish_seen_subcommand_from ${command.name()}" -l ${long?.slice(2)} -d ${quoted(description)}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

/** In single quotes fish reads a backslash and a quote only. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
