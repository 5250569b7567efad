import { Command, InvalidArgumentError } from "commander";
import pLimit from "p-limit";
import { check, type Values } from "../../core/check";
import { hasCode, LocalnetError } from "../../errors";
import { openHost } from "../../host";
import { probe } from "../../kinds";
import { hasSecret } from "../../pulumi/recorded";
import { oneLine, visibleJson } from "../../text";
import { exitCodes, UsageError } from "../outcome";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions, settingsOf } from "../source";
import { table } from "../table";
import type { LabObject } from "../topology/object";
import { idIn } from "../topology/topology";

interface Options extends SourceOptions {
  readonly attempts: number;
}

interface Result {
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  readonly name: string;
  readonly what: string;
  readonly expect: string;
  readonly result: "ok" | "failed" | "unknown";
  /** Median time of the answers in milliseconds. */
  readonly milliseconds?: number | undefined;
  /** What was seen instead, or why it could not be tried. */
  readonly reason?: string;
}

/** Probes that run at the same time. */
const concurrency = 8;

export function test(run: Run): Command {
  return addSource(new Command("test"))
    .summary("try all probes of a stack now")
    .description(
      `Tries all probes of a stack now, whatever came of them when they were made, and changes nothing. Exits with ${exitCodes.wrong} unless all are as expected.`,
    )
    .option("--attempts <number>", "how often a probe is tried that is not as expected", attempts, 1)
    .action((options: Options) => run(() => tryAll(options)));
}

function attempts(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("must be 1 to 999");
}

async function tryAll(options: Options): Promise<number> {
  if (options.live) throw new UsageError("a host knows of no probes", "name a stack: leave out --live");
  const probes = (await readObjects(options)).filter(({ type }) => type === probe.type);
  if (probes.length === 0) throw new UsageError("the stack has no probe", "localnet ls lists what it has");
  const limit = pLimit(concurrency);
  const results = await Promise.all(probes.map((each) => limit(() => tryOne(each, options))));
  const sorted = results.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  process.stdout.write(options.json ? `${visibleJson(sorted)}\n` : text(sorted, process.stdout.columns));
  return sorted.every(({ result }) => result === "ok") ? exitCodes.ok : exitCodes.wrong;
}

async function tryOne(object: LabObject, options: Options): Promise<Result> {
  const { host, netns, name, recorded = {} } = object;
  const probeInputs = Object.fromEntries(Object.entries(recorded).filter(([key]) => key in probe.args.shape));
  const common = { host, netns, name, what: idIn(object), expect: String(probeInputs.expect ?? "success") };
  try {
    if (hasSecret(probeInputs)) throw new LocalnetError("LN_INPUT", "an input is secret, and stays so in the state");
    const outputs = await attempt({ ...probeInputs, attempts: options.attempts }, host, options);
    return { ...common, result: "ok", milliseconds: outputs?.results?.milliseconds?.median };
  } catch (error) {
    if (!(error instanceof LocalnetError)) throw error;
    return { ...common, result: hasCode(error, "LN_PROBE") ? "failed" : "unknown", reason: error.summary };
  }
}

async function attempt(probeInputs: Values, host: string | undefined, options: Options) {
  const { inputs, failures } = check(probe, probeInputs);
  if (failures.length > 0) throw new LocalnetError("LN_INPUT", failures.map(({ reason }) => reason).join("; "));
  const ensured = await probe.ensure(openHost(host, settingsOf(options)), inputs as never, undefined);
  return ensured?.outputs;
}

function text(results: readonly Result[], width?: number): string {
  const cells = results.map(({ host = "", netns = "(host)", name, what, expect, result, milliseconds }) => [
    ...[host, netns, name, what, expect, result, milliseconds === undefined ? "" : String(milliseconds)],
  ]);
  const headings = ["HOST", "NAMESPACE", "PROBE", "WHAT", "EXPECTED", "RESULT", "MS"];
  const reasons = results.flatMap(({ name, reason }) => (reason === undefined ? [] : [oneLine(`${name}: ${reason}`)]));
  return `${table(headings, cells, width)}${reasons.length > 0 ? `\n${reasons.join("\n")}\n` : ""}`;
}
