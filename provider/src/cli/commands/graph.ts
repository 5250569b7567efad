import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { visibleJson } from "../../text";
import { exitCodes, UsageError } from "../outcome";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions } from "../source";
import { graphOf } from "../topology/graph";
import { html } from "../topology/html";
import { layOut } from "../topology/layout";
import { svg } from "../topology/svg";
import { dot, mermaid } from "../topology/text";

const formats = ["mermaid", "dot", "svg", "html"] as const;

interface Options extends SourceOptions {
  readonly format: (typeof formats)[number];
  readonly output?: string;
}

export function graph(run: Run): Command {
  return addSource(new Command("graph"))
    .summary("draw namespaces, links, services, processes and what a rule drops")
    .description(
      "Draws what a stack has: namespaces as boxes, links with their addresses, cables, ports of bridges, services with their backends, processes, and rules and policies that drop or reject. Many namespaces that are alike are drawn as one. svg and html need the package elkjs.",
    )
    .addOption(new Option("-f, --format <format>", "how").choices(formats).default("mermaid"))
    .option("-o, --output <file>", "write it there")
    .action((options: Options) => run(() => draw(options)));
}

async function draw(options: Options): Promise<number> {
  const drawn = graphOf(await readObjects(options));
  const text = options.json ? `${visibleJson(drawn)}\n` : await formatted(drawn, options.format);
  if (options.output === undefined) process.stdout.write(text);
  else write(options.output, text);
  return exitCodes.ok;
}

async function formatted(drawn: ReturnType<typeof graphOf>, format: Options["format"]): Promise<string> {
  if (format === "mermaid") return mermaid(drawn);
  if (format === "dot") return dot(drawn);
  const picture = svg(await layOut(drawn));
  return format === "svg" ? picture : html(drawn, picture, titleOf(drawn));
}

/** The project and the stack, where all is of one. */
function titleOf({ boxes }: ReturnType<typeof graphOf>): string {
  const owners = boxes.flatMap(({ nodes }) => nodes.flatMap(({ objects }) => objects.map(({ owner }) => owner ?? "")));
  const stacks = new Set(owners.map((owner) => owner.split("/", 2).join("/")));
  return stacks.size === 1 ? [...stacks][0] || "localnet" : "localnet";
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new UsageError(`cannot write ${file}: ${(cause as Error).message}`);
  }
}
