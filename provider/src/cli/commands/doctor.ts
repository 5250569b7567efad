import { Command } from "commander";
import { openHost } from "../../host";
import { visibleJson } from "../../text";
import type { Check, Line } from "../doctor/check";
import { checkCommands } from "../doctor/commands";
import { checkKernel } from "../doctor/kernel";
import { checkFirewall, checkPrograms } from "../doctor/surroundings";
import { checkUser } from "../doctor/user";
import { exitCodes } from "../outcome";
import type { Run } from "../run";
import { addJson, hostOption, type SourceOptions, settingsOf } from "../source";
import { table } from "../table";

const checks: readonly Check[] = [checkUser, checkCommands, checkKernel, checkFirewall, checkPrograms];

export function doctor(run: Run): Command {
  const command = new Command("doctor")
    .summary("check what a machine has for a lab, and say what to type where it lacks something")
    .description(
      `Checks the user, the commands, the kernel, the firewall and other programs of a machine. Changes nothing and loads no module. Exits with ${exitCodes.wrong} when something is missing.`,
    )
    .addOption(hostOption("the host, ssh://[USER@]NAME[:PORT]; default: this machine"))
    .option("--sudo", "run commands through sudo -n");
  return addJson(command).action((options: SourceOptions) => run(() => examine(options)));
}

async function examine(options: SourceOptions): Promise<number> {
  const host = openHost(options.host, settingsOf(options));
  const lines: Line[] = [];
  for (const check of checks) lines.push(...(await check(host)));
  process.stdout.write(options.json ? `${visibleJson(lines)}\n` : text(lines, process.stdout.columns));
  return lines.some(({ result }) => result === "missing") ? exitCodes.wrong : exitCodes.ok;
}

function text(lines: readonly Line[], width?: number): string {
  const cells = lines.map(({ group, what, result, detail, cure = "" }) => [group, what, result, detail, cure]);
  return table(["", "WHAT", "RESULT", "FOUND", "WHAT TO DO"], cells, width);
}
