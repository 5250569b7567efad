import { writeFileSync } from "node:fs";
import { inspect, parseArgs } from "node:util";
import { discover } from "../core/discover";
import { configuration } from "../core/kind";
import { LocalnetError } from "../errors";
import { withReadCache } from "../host";
import { kinds } from "../kinds";
import { oneLine, visible } from "../text";
import { objectReaders } from "../tools/objects";
import { importFile } from "./import-file";

const usage = `Usage: localnet discover [--netns NAME] [--host ssh://[USER@]NAME[:PORT]] [--sudo] [--output FILE]

Lists what a host has that can be imported, and prints a file for "pulumi import --file". Changes nothing.
Without --netns: what is in the host's own network namespace and in all named ones.`;

const options = {
  netns: { type: "string" },
  host: { type: "string" },
  sudo: { type: "boolean" },
  output: { type: "string", short: "o" },
  help: { type: "boolean", short: "h" },
} as const;

/** The command `localnet`; returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const { values, wrong } = parsed(argv);
  if (wrong !== undefined) console.error(`${wrong}\n\n${usage}`);
  else if (values.help) console.log(usage);
  if (wrong !== undefined || values.help) return wrong === undefined ? 0 : 2;
  try {
    const settings = { sudo: false, ...values };
    const { importable, left, dependent } = await withReadCache(() =>
      discover(Object.values(kinds), objectReaders, settings, values.netns),
    );
    for (const { what, why } of left) console.error(`left out: ${oneLine(what)}: ${oneLine(why)}`);
    for (const { what, why } of dependent) console.error(`needs what is left out: ${oneLine(what)}: ${oneLine(why)}`);
    console.error(`${importable.length} to import, ${left.length} left out`);
    if (values.output === undefined) process.stdout.write(importFile(importable));
    else writeFileSync(values.output, importFile(importable));
    return 0;
  } catch (error) {
    console.error(error instanceof LocalnetError ? error.message : visible(inspect(error)));
    return 1;
  }
}

function parsed(argv: readonly string[]): { values: Values; wrong?: string } {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (!values.help && positionals.join(" ") !== "discover")
      return { values, wrong: "There is one command, discover" };
    const host = configuration.shape.host.safeParse(values.host);
    return host.success ? { values } : { values, wrong: `--host ${host.error.issues[0]?.message}` };
  } catch (error) {
    return { values: {}, wrong: (error as Error).message };
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
