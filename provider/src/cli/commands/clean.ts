import { Command, Option } from "commander";
import { findLeftovers, type Leftover, removeLeftovers } from "../../core/leftovers";
import { kinds } from "../../kinds";
import { oneLine, visibleJson } from "../../text";
import { suggestion } from "../nearest";
import { exitCodes, UsageError } from "../outcome";
import type { Run } from "../run";
import { addJson, hostOption, type SourceOptions, settingsOf } from "../source";
import { table } from "../table";

interface Options extends SourceOptions {
  readonly yes?: boolean;
}

interface Row {
  readonly netns?: string | undefined;
  readonly type: string;
  readonly id: string;
  readonly owner: string;
  /** "there": the object would be removed; "noted": it is gone, and its entry in the ledger would be removed. */
  readonly result: "there" | "noted" | "gone" | "left";
  /** Why it stays. */
  readonly reason?: string | undefined;
  /** Unmarked objects inside it, which go with it. */
  readonly along: readonly string[];
}

export function clean(run: Run): Command {
  const command = new Command("clean")
    .usage("[options] PROJECT/STACK")
    .summary("take away what a stack left whose state is lost")
    .description(
      `Takes away what a host has of a stack whose state is lost, by marks and the ledger, and puts settings back. Without --yes it only says what that is. What has no mark of the stack stays. While there is a state, pulumi destroy is the way. Exits with ${exitCodes.wrong} when something is left.`,
    )
    .argument("<stack>", "PROJECT/STACK, as marks begin")
    .addOption(new Option("--dry-run", "only say what would go; the default").conflicts("yes"))
    .option("-y, --yes", "take it away")
    .addOption(hostOption("the host, ssh://[USER@]NAME[:PORT]; default: this machine"))
    .option("--sudo", "run commands through sudo -n");
  return addJson(command).action((stack: string, options: Options) => run(() => cleanStack(stack, options)));
}

async function cleanStack(stack: string, options: Options): Promise<number> {
  if (!/^[^/\s]+\/[^/\s]+$/.test(stack))
    throw new UsageError(
      `${JSON.stringify(stack)} must be PROJECT/STACK`,
      "localnet ls --live shows marks, which begin with it",
    );
  const settings = settingsOf(options);
  const { leftovers, stacks } = await findLeftovers(Object.values(kinds), stack, settings);
  const results = options.yes
    ? await removeLeftovers(leftovers, settings)
    : leftovers.map((leftover) => ({ leftover, reason: leftover.reason }));
  const rows = results.map(({ leftover, reason }) => rowOf(leftover, reason, Boolean(options.yes)));
  if (options.json) process.stdout.write(`${visibleJson(rows)}\n`);
  else process.stdout.write(text(stack, rows, stacks, Boolean(options.yes)));
  return options.yes && rows.some(({ result }) => result === "left") ? exitCodes.wrong : exitCodes.ok;
}

function rowOf({ kind, id, owner, netns, isGone, along }: Leftover, reason: string | undefined, isDone: boolean): Row {
  const result = reason !== undefined ? "left" : isDone ? "gone" : isGone ? "noted" : "there";
  return { netns, type: kind.type, id, owner, result, along, ...(reason !== undefined && { reason }) };
}

function text(stack: string, rows: readonly Row[], stacks: readonly string[], isDone: boolean): string {
  if (rows.length === 0) return `nothing here is of ${stack}; ${suggestion(stack, stacks, "localnet ls --live")}\n`;
  const cells = rows.map(({ netns = "(host)", type, id, owner, result }) => [netns, type, id, owner, result]);
  const remarks = rows.flatMap(({ type, id, reason, along }) => [
    ...(reason === undefined ? [] : [`left: ${type} ${id}: ${reason}`]),
    ...along.map((what) => `${isDone ? "went" : "goes"} with ${type} ${id}: ${what}`),
  ]);
  const last = isDone ? [] : [`nothing was changed; localnet clean ${stack} --yes takes it away`];
  const lines = [...remarks, ...last].map((line) => `${oneLine(line)}\n`).join("");
  const shown = table(["NAMESPACE", "KIND", "OBJECT", "OWNER", "RESULT"], cells, process.stdout.columns);
  return lines === "" ? shown : `${shown}\n${lines}`;
}
