import { Command } from "commander";
import { type Host, openHost } from "../../host";
import { requireTools } from "../../host/requirements";
import { visibleJson } from "../../text";
import { findPlace } from "../find";
import { exitCodes, UsageError } from "../outcome";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions, settingsOf } from "../source";
import type { LabObject } from "../topology/object";
import { flowTo } from "../trace/flow";
import { report } from "../trace/report";
import { tools, traceFlow } from "../trace/trace";

interface Options extends SourceOptions {
  readonly from?: string;
}

export function trace(run: Run): Command {
  return addSource(new Command("trace"))
    .usage("[options] [--from POD] URL | tcp://ADDRESS:PORT | udp://ADDRESS:PORT | ping ADDRESS")
    .summary("send a packet, and tell where it went and what stopped it")
    .description(
      `Begins one connection, or sends one datagram or ping, and tells how it went and came back: by which links, what decided, how its addresses were changed, and where and why it ended. No other packets are traced, and nothing stays. Exits with ${exitCodes.wrong} when no answer came.`,
    )
    .argument("<destination...>", "what to reach, by its address")
    .option("--from <pod>", "where it starts, as for exec; default: the host's own namespace")
    .action((words: string[], options: Options) => run(() => follow(words, options)));
}

async function follow(words: readonly string[], options: Options): Promise<number> {
  const flow = flowTo(words);
  const objects = await readObjects(options);
  const { host: url, netns: from } = options.from === undefined ? hostOf(objects) : findPlace(objects, options.from);
  const settings = settingsOf({ ...options, ...(url !== undefined && { host: url }) });
  const host = openHost(undefined, settings);
  await requireTools(host, [...tools, flow.protocol === "icmp" ? "ping" : "nc"]);
  const labOn = (url: string | undefined, host: Host) => ({
    ...{ host, url, objects: objects.filter((each) => each.host === url) },
  });
  const urls = new Set(objects.map((each) => each.host).filter((each) => each !== url));
  const others = [...urls].map((each) => labOn(each, openHost(each, { ...settings, host: undefined })));
  const traced = await traceFlow(labOn(url, host), flow, from, others);
  if (options.json) process.stdout.write(`${visibleJson(traced)}\n`);
  else process.stdout.write(report(traced));
  return traced.cause.result === "answered" ? exitCodes.ok : exitCodes.wrong;
}

/** The host that all resources are on. */
function hostOf(objects: readonly LabObject[]): { host?: string | undefined; netns?: undefined } {
  const [first, second] = [...new Set(objects.map(({ host }) => host))];
  if (second !== undefined) throw new UsageError("there are several hosts", "say where it starts: --from POD");
  return { host: first };
}
