import { closeSync, openSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { openHost } from "../../host";
import { runInForeground } from "../../host/foreground";
import { requireTools } from "../../host/requirements";
import { findObject, findPlace } from "../find";
import { UsageError } from "../outcome";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions, settingsOf } from "../source";
import type { LabObject } from "../topology/object";
import { isNamespace, type Link, topologyOf } from "../topology/topology";

interface Options extends SourceOptions {
  readonly write?: string;
  readonly count?: number;
  readonly far?: boolean;
}

/** Packets of a namespace, or of a link in it. */
interface Target {
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  /** "any": all links of the namespace. */
  readonly link: string;
}

export function capture(run: Run): Command {
  return addSource(new Command("capture"), { json: false })
    .usage("[options] RESOURCE [-- FILTER...]")
    .summary("show or record the packets of a link")
    .description(
      "Runs tcpdump where a link is: of a pair its near end, of a namespace all its links. In a terminal it shows the packets; otherwise, or with -w, it gives them in tcpdump's own format: localnet capture veth0 | wireshark -k -i -. FILTER is tcpdump's, such as tcp port 80.",
    )
    .argument("<resource>")
    .argument("[filter...]")
    .option("-w, --write <file>", 'write the packets there; "-" is standard output')
    .option("-c, --count <number>", "end after so many packets", count)
    .option("--far", "of a pair: the far end")
    .action((resource: string, filter: string[], options: Options) => run(() => record(resource, filter, options)));
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("must be a whole number of 1 or more");
}

async function record(resource: string, filter: readonly string[], options: Options): Promise<number> {
  const { host, netns, link } = targetOf(await readObjects(options), resource, options.far);
  const settings = settingsOf({ ...options, ...(host !== undefined && { host }) });
  await requireTools(openHost(undefined, settings), ["tcpdump", "ip"]);
  const { write = process.stdout.isTTY ? undefined : "-" } = options;
  const argv = ["tcpdump", "-n", "-i", link, ...(options.count ? ["-c", String(options.count)] : [])];
  // tcpdump must not buffer: whoever reads the pipe wants to see each packet at once.
  const format = write === undefined ? ["-l"] : ["-U", "-w", "-"];
  const command = [...argv, ...format, "--", ...filter];
  const where = { ...settings, netns };
  if (write === undefined || write === "-") return runInForeground(where, command, { mode: "bound" });
  // This user writes the file on this machine, wherever tcpdump runs.
  const file = open(write);
  try {
    return await runInForeground(where, command, { mode: "bound", stdout: file });
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "w", 0o600);
  } catch (cause) {
    throw new UsageError(`cannot write ${path}: ${(cause as Error).message}`);
  }
}

/** The namespace and link that a word names. */
export function targetOf(objects: readonly LabObject[], word: string, far = false): Target {
  const isPlace = objects.some(({ netns }) => netns === word);
  const object = isPlace ? undefined : findObject(objects, word);
  if (!object || isNamespace(object)) {
    if (far) throw new UsageError("--far goes with a pair: a namespace has no far end");
    return { ...findPlace(objects, word), link: "any" };
  }
  const links = topologyOf([object]).links;
  const match: Link | undefined = far ? links[1] : links[0];
  if (match) return { host: match.host, netns: match.netns, link: match.name };
  const hint = `name one, or capture all of its namespace: localnet capture ${object.netns ?? "NAMESPACE"}`;
  throw new UsageError(`${object.type} ${word} ${far ? "has no far end" : "is no link"}`, hint);
}
