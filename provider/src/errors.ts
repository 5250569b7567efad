import { oneLine, redact, visible } from "./text";

/** Every error code, and what it means. The documentation's table is made from this one. */
export const codes = {
  LN_ADOPT: "The existing object cannot be adopted: it differs from what is asked for.",
  LN_BACKEND: "Rules are in the other backend of iptables (nf_tables or legacy), or would be in both.",
  LN_BUSY:
    "Something still holds the object, so it cannot be removed: a process a namespace, for 20 seconds; rules a chain; or another program kept its namespace for 30 seconds.",
  LN_COMMAND: "A system command or call failed.",
  LN_EXISTS: "An object of this name exists already and is not ours; it was left untouched.",
  LN_HOST: "The remote host could not be reached.",
  LN_INPUT: "An input cannot be passed on safely or is not understood.",
  LN_INTERRUPTED: "The user stopped Pulumi; what was begun is recorded.",
  LN_KERNEL: "The kernel lacks a feature or a module.",
  LN_MISSING: "What the object needs to be in, or refers to, does not exist: a link, a chain of iptables, a folder.",
  LN_NETNS: "The network namespace does not exist.",
  LN_OUTPUT: "A command printed too much and was killed.",
  LN_PERMISSION: "The user may not do this.",
  LN_PROBE: "A probe did not see what it expects.",
  LN_PROCESS: "A process ended or did not get ready in time.",
  LN_TIMEOUT: "A command did not end in time and was killed.",
  LN_TOOL: "A system command is missing or too old.",
  LN_VERIFY: "The kernel did not take what was asked for: read back, it differs.",
} as const;

export type Code = keyof typeof codes;

/** The parts of a command that help to understand an error. */
export interface FailedCommand {
  readonly argv: readonly string[];
  readonly exitCode?: number | undefined;
  readonly stderr?: string | undefined;
}

/** The kind, the id and the operation of a resource. */
interface Subject {
  readonly kind: string;
  readonly id: string;
  readonly op: string;
}

interface Details {
  readonly command?: FailedCommand | undefined;
  readonly hint?: string | undefined;
  readonly subject?: Subject | undefined;
  /** Another operation of the same run may remove the cause. */
  readonly mayPass?: boolean | undefined;
}

/** The one error class. Only its message reaches the user, so the message contains everything. */
export class LocalnetError extends Error {
  readonly command: FailedCommand | undefined;
  readonly hint: string | undefined;
  readonly subject: Subject | undefined;
  readonly mayPass: boolean | undefined;

  constructor(
    readonly code: Code,
    readonly summary: string,
    details: Details = {},
  ) {
    super(layout(code, summary, details));
    this.name = "LocalnetError";
    this.command = details.command;
    this.hint = details.hint;
    this.subject = details.subject;
    this.mayPass = details.mayPass;
  }

  /** The same error without these secrets. */
  without(secrets: readonly string[]): LocalnetError {
    const clean = (text: string) => redact(text, secrets);
    return new LocalnetError(this.code, clean(this.summary), {
      command: this.command && {
        ...this.command,
        argv: this.command.argv.map(clean),
        stderr: this.command.stderr && clean(this.command.stderr),
      },
      hint: this.hint && clean(this.hint),
      subject: this.subject && { ...this.subject, id: clean(this.subject.id) },
      mayPass: this.mayPass,
    });
  }

  /** The same error with the resource and the operation that it belongs to. */
  about(subject: Subject): LocalnetError {
    const { command, hint, mayPass } = this;
    return new LocalnetError(this.code, this.summary, { command, hint, subject, mayPass });
  }
}

/** An error is sent percent-encoded in an HTTP/2 header: one that does not fit ends the engine's connection. */
const maxTextLength = 800;

/** Others control parts of these texts: none of their lines may look like one of the layout. */
function layout(code: Code, summary: string, { command, hint, subject }: Details): string {
  const place = subject ? `${subject.kind} ${oneLine(truncate(subject.id))}: ${subject.op}: ` : "";
  const lines = [`${place}${visible(truncate(summary)).replace(/\n(?! {4})/g, "\n    ")} [${code}]`];
  if (command) {
    const exit = command.exitCode === undefined ? "" : `   (exit ${command.exitCode})`;
    lines.push(`  ran:    ${oneLine(truncate(command.argv.join(" ")))}${exit}`);
    const stderr = visible(truncate(command.stderr?.trim() ?? ""));
    if (stderr) lines.push(`  stderr: ${stderr.replaceAll("\n", "\n          ")}`);
  }
  if (hint) lines.push(`  fix:    ${oneLine(truncate(hint))}`);
  return lines.join("\n");
}

/** The beginning and the end of a text. */
function truncate(text: string): string {
  if (text.length <= maxTextLength) return text;
  return `${text.slice(0, maxTextLength / 4)} ... ${text.slice(-maxTextLength * 0.75)}`.toWellFormed();
}

export function hasCode(error: unknown, ...wanted: Code[]): error is LocalnetError {
  return error instanceof LocalnetError && wanted.includes(error.code);
}

/** Returns undefined if the namespace does not exist: what is in it is absent. */
export async function undefinedWithoutNetns<T>(body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (hasCode(error, "LN_NETNS")) return undefined;
    throw error;
  }
}
