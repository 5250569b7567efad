import type { Host } from "../../host";
import { type Answer, bodyOf, exitReason, runClient, wholeSeconds } from "./run";

export interface Dns {
  readonly server: string;
  readonly port?: number | undefined;
  readonly name: string;
  readonly type: string;
  readonly expectStatus: string;
  readonly expectAnswers?: readonly string[] | undefined;
}

/** Asks a server for the records of a name. */
export function resolve(host: Host, netns: string | undefined, args: Dns, timeoutSeconds: number): Promise<Answer> {
  const port = args.port === undefined ? [] : ["-p", String(args.port)];
  // -r comes first, so that dig ignores .digrc.
  const limits = ["+tries=1", `+time=${wholeSeconds(timeoutSeconds)}`];
  const shown = ["+noall", "+comments", "+answer"];
  const query = [`@${args.server}`, ...port, "-t", args.type, "-q", args.name];
  return runClient(
    host,
    netns,
    ["dig", "-r", ...limits, ...shown, ...query],
    timeoutSeconds,
    ({ exitCode, stdout }) => {
      const status = /->>HEADER<<-.* status: (\w+)/.exec(stdout)?.[1];
      if (exitCode !== 0 || status === undefined)
        return { ok: false, failure: exitReason("dig", exitCode, "no answer") };
      const records = recordsOf(stdout, args.type);
      const answer = records.length === 0 ? {} : { body: bodyOf(records.join(", ")) };
      if (status !== args.expectStatus) return { ok: false, ...answer, failure: `status ${status}` };
      if (isExpected(args, records)) return { ok: true, ...answer };
      return { ok: false, ...answer, failure: records.length === 0 ? "no record" : "other records" };
    },
  );
}

/** The data of the records of one type, sorted, because servers rotate them. */
function recordsOf(text: string, type: string): string[] {
  const rows = [...text.matchAll(/^[^;\s]\S*\s+\d+\s+IN\s+(\S+)\s+(.+)$/gm)];
  return rows.flatMap(([, of, data = ""]) => (of === type ? [data.trim()] : [])).sort();
}

function isExpected({ expectAnswers, expectStatus }: Dns, records: readonly string[]): boolean {
  if (expectAnswers) return JSON.stringify([...expectAnswers].sort()) === JSON.stringify(records);
  return expectStatus !== "NOERROR" || records.length > 0;
}
