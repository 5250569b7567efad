import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { discover as discoverObjects } from "../../core/discover";
import { withReadCache } from "../../host";
import { kinds } from "../../kinds";
import { oneLine, visibleJson } from "../../text";
import { objectReaders } from "../../tools/objects";
import { importFile } from "../import-file";
import { exitCodes } from "../outcome";
import type { Run } from "../run";
import { addJson, hostOption, settingsOf } from "../source";

interface Options {
  readonly netns?: string;
  readonly host?: string;
  readonly sudo?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

export function discover(run: Run): Command {
  const command = new Command("discover")
    .summary("list what a host has that can be imported")
    .description(
      'Lists what a host has that can be imported, and prints a file for "pulumi import --file". Changes nothing.',
    )
    .option("--netns <name>", "only what is in this namespace; default: the host's own and all named ones")
    .addOption(hostOption("the host, ssh://[USER@]NAME[:PORT]; default: this machine"))
    .option("--sudo", "run commands through sudo -n")
    .option("-o, --output <file>", "write the file there");
  return addJson(command).action((options: Options) => run(() => list(options)));
}

async function list(options: Options): Promise<number> {
  const discovered = await withReadCache(() =>
    discoverObjects(Object.values(kinds), objectReaders, settingsOf(options), options.netns),
  );
  const { importable, omitted, dependent } = discovered;
  for (const { what, why } of omitted) console.error(`left out: ${oneLine(what)}: ${oneLine(why)}`);
  for (const { what, why } of dependent) console.error(`needs what is left out: ${oneLine(what)}: ${oneLine(why)}`);
  console.error(`${importable.length} to import, ${omitted.length} left out`);
  const text = options.json ? `${visibleJson(discovered)}\n` : importFile(importable);
  if (options.output === undefined) process.stdout.write(text);
  else writeFileSync(options.output, text);
  return exitCodes.ok;
}
