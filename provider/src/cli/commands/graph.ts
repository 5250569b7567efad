import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { visibleJson } from "../../text";
import { compareWithKernel } from "../compare";
import { exitCodes, UsageError } from "../outcome";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions, settingsOf } from "../source";
import { type Graph, graphOf } from "../topology/graph";
import { html } from "../topology/html";
import { layOut } from "../topology/layout";
import type { LabObject } from "../topology/object";
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
  const objects = await readObjects(options);
  const drawn = graphOf(objects);
  const text = options.json ? `${visibleJson(drawn)}\n` : await formatted(drawn, objects, options);
  if (options.output === undefined) process.stdout.write(text);
  else write(options.output, text);
  return exitCodes.ok;
}

async function formatted(drawn: Graph, objects: readonly LabObject[], options: Options): Promise<string> {
  const { format } = options;
  if (format === "mermaid") return mermaid(drawn);
  if (format === "dot") return dot(drawn);
  if (format === "svg") return svg(await layOut(drawn));
  const looked = options.live ? [] : await compareWithKernel(objects, settingsOf(options));
  const isChanged = new Set(looked.flatMap(({ object, state }) => (/^(differs|gone)$/.test(state) ? [object] : [])));
  const parts = drawn.boxes.flatMap((box) => [box, ...box.nodes]);
  const changed = parts.filter(({ objects }) => objects.some((each) => isChanged.has(each))).map(({ id }) => id);
  return html(drawn, svg(await layOut(drawn), new Set(changed)), titleOf(drawn), looked);
}

/** The project and the stack, if all objects belong to one. */
function titleOf({ boxes }: Graph): string {
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
