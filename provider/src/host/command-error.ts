import { type FailedCommand, LocalnetError } from "../errors";
import { causes } from "./causes";
import { missingCommandHint } from "./packages";

/** The error for a command that failed. */
export function commandError(
  argv: readonly string[],
  { exitCode, stderr }: Pick<FailedCommand, "exitCode"> & { readonly stderr: string },
): LocalnetError {
  const failed = { argv, exitCode, stderr };
  for (const { pattern, command, code, summary, hint } of causes) {
    const cause = pattern.exec(stderr);
    const match = cause && command ? command.exec(argv.join(" ")) : cause;
    if (!match) continue;
    const named = match.slice(1).find(Boolean) ?? "";
    const fill = (text: string) => text.replaceAll("$1", () => named);
    const cure = code === "LN_TOOL" ? missingCommandHint(named) : fill(hint);
    return new LocalnetError(code, fill(summary), { command: failed, hint: cure });
  }
  return new LocalnetError("LN_COMMAND", `${commandName(argv)} failed${reason(stderr)}`, { command: failed });
}

/** What helps against a failure of which the text is all that is known. */
export function hintOf(text: string): string | undefined {
  return commandError([], { stderr: text }).hint;
}

/** What ip and iptables print when another object is missing or in the wrong state. */
const missingMessages =
  /[Ii]nvalid gateway|No route to host|Network is unreachable|(?:Nexthop device|Device for nexthop) is not up|No chain\/target\/match by that name|IPv6 is disabled on/;

/** Is the cause a missing object that another operation may be about to make? */
export function isMissingObject(error: LocalnetError): boolean {
  return (
    ["LN_NETNS", "LN_MISSING"].includes(error.code) ||
    missingMessages.test(`${error.summary}\n${error.command?.stderr}`)
  );
}

/** What tools print if an object that they make exists already. */
const existsMessages =
  /File exists|already exists|Device or resource busy|Exclusivity flag on|Address already assigned/;

/** Did the command fail because the object exists already? */
export function isExistsError(error: unknown): boolean {
  return (
    error instanceof LocalnetError && (error.code === "LN_EXISTS" || existsMessages.test(error.command?.stderr ?? ""))
  );
}

/** The name of the command itself, without the one that enters a namespace for it. */
function commandName(argv: readonly string[]): string {
  const [first = "", ...rest] = argv;
  if (first === "nsenter" && rest.includes("--")) return commandName(rest.slice(rest.indexOf("--") + 1));
  if (first === "ip" && rest[0] === "netns" && rest[1] === "exec") return commandName(rest.slice(3));
  return first;
}

/** Lines that tools print after the cause. */
const noise =
  /^(?:Try [`'].*|For more information run .*|dmesg\(1\) may have more .*|We have an error talking to the kernel|)$/;

/** The line that tells the cause, without the tool's own name: one that says so, or the last one. */
function reason(stderr: string): string {
  const [cause = ""] = stderr.split(/^Usage:/m);
  const lines = cause.split("\n").filter((line) => !noise.test(line.trim()));
  const line = lines.findLast((each) => /(?:^|: )Error: /.test(each)) ?? lines.at(-1) ?? "";
  const text = line.replace(/^.*?\bError: |^RTNETLINK answers: |^[\w.-]+(?: v\S+(?: \(\w+\))?)?: */, "").trim();
  return text === "" ? "" : `: ${text}`;
}
